/** Owns the taking apart of one JSON object into its fields, whose values stay as they are written: no digit of a number is lost. */

/** A field's value: its JSON as it is written. */
export type JsonSlice = string;

const QUOTE = '"';
const SPACES = /[ \t\r\n]/;
const END_OF_WORD = /[ \t\r\n,}]/;

/** The fields by name, the last of each; undefined when the text is JSON and no object. @throws SyntaxError when it is no JSON */
export function jsonFields(text: string): ReadonlyMap<string, JsonSlice> | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = new Map<string, JsonSlice>();
  // From here on the text is known to be sound.
  let at = behindSpaces(text, text.indexOf('{') + 1);
  while (text[at] === QUOTE) {
    const nameEnd = endOfString(text, at);
    const start = behindSpaces(text, text.indexOf(':', nameEnd) + 1);
    const end = endOfValue(text, start);
    fields.set(JSON.parse(text.slice(at, nameEnd)) as string, text.slice(start, end));
    at = behindSpaces(text, end);
    if (text[at] === ',') at = behindSpaces(text, at + 1);
  }
  return fields;
}

function behindSpaces(text: string, from: number): number {
  let at = from;
  while (SPACES.test(text[at] ?? '')) at += 1;
  return at;
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === QUOTE) return endOfString(text, start);
  if (first === '{' || first === '[') return endOfNested(text, start);
  let at = start;
  while (!END_OF_WORD.test(text[at] ?? '}')) at += 1;
  return at;
}

function endOfNested(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    const character = text[at];
    if (character === QUOTE) at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== QUOTE) at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
