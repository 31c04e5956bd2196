/** Owns text on a terminal: data made harmless, widths in columns, fitting, colours. Does not know what is shown. */
import { stripVTControlCharacters, styleText } from 'node:util';

const MARKS_KEPT = 3;
const INDENT = '  ';
const CONTROL = /[\p{Cc}\p{Cs}]/gu;
/** Format characters, such as those that turn the direction of what follows. */
const INVISIBLE = /\p{Cf}/gu;
/** Most texts: a column for each character. Segmenting costs a hundred times as much. */
const PRINTABLE_ASCII = /^[\u0020-\u007E]*$/;
const STACKED_MARKS = new RegExp(`(\\p{M}{${MARKS_KEPT}})\\p{M}+`, 'gu');
const ZERO_WIDTH = /^[\p{M}\p{Cf}]+$/u;
/** East Asian wide and full-width blocks of Unicode's EastAsianWidth.txt, and what is drawn as a picture. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|.\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|[\u{1B000}-\u{1B2FF}\u{1F200}-\u{1F2FF}\u{20000}-\u{3FFFD}])/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Text of data, on one line and unable to command the terminal: an escape becomes `␛`, other control characters `·`;
 * characters that cannot be seen are left out.
 */
export function defused(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .replace(/\s+/gu, ' ')
    .replace(CONTROL, (character) => (character === '\u001B' ? '␛' : '·'))
    .replace(STACKED_MARKS, '$1')
    .trim();
}

/** Columns that the text takes on a terminal. The escapes of a style take none. */
export function widthOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  return [...graphemes.segment(stripVTControlCharacters(text))].reduce((sum, { segment }) => sum + graphemeWidth(segment), 0);
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** The text, which has no style yet, cut to `width` columns, with `…` at the end when something is missing. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  if (PRINTABLE_ASCII.test(text)) return `${text.slice(0, width - 1).trimEnd()}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** The text in lines of at most `width` columns, broken between words, further lines indented. A longer word, such as a URL, stays whole. */
export function wrapped(text: string, width: number): string[] {
  const [first = '', ...words] = text.split(' ');
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (widthOf(`${line} ${word}`) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = `${INDENT}${word}`;
    }
  }
  return [...lines, line];
}

/** The text cut or filled to exactly `width` columns. */
export function column(text: string, width: number): string {
  const fitting = fit(text, width);
  return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)));
}

/** `1 234 567` */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}

type Format = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';
/** Gives a text a look, or leaves it as it is where colours are not wanted. */
export type Style = (format: Format, text: string) => string;

/** What is needed of a stream to decide about colours; `process.stdout` fits. */
export interface StyledStream {
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
}

/** The style for a stream: plain unless it is a terminal with colours. `NO_COLOR` and `TERM=dumb` are respected by `hasColors`. */
export function styleFor(stream: StyledStream): Style {
  const isColoured = stream.isTTY === true && stream.hasColors?.() === true;
  return isColoured ? (format, text) => styleText(format, text, { validateStream: false }) : plain;
}

/** The style without any. */
export const plain: Style = (_format, text) => text;
