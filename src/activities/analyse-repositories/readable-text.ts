/** Owns how bytes that git hands out (names of files and people) become text that JSON and a page can show. */
import { isUtf8 } from 'node:buffer';

/**
 * The text of UTF-8 bytes. Other bytes become `\ooo`, as git writes them, so that different names stay different.
 * The text is a copy: it does not keep the chunk alive that the bytes came from.
 */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes.toString('latin1').replace(/[\u0080-\u00ff]/g, (character) => `\\${character.charCodeAt(0).toString(8)}`);
}

/** The text of at most `maxBytes` bytes, without control characters. */
export function shortTextOf(bytes: Buffer, maxBytes: number): string {
  return printable(textOf(bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes));
}

/** The text without control characters. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim();
}
