/** Owns what JSON does to a value: how deep it may be nested, and what would be changed without a word. Pure. */

/** The deepest nesting of arrays and objects that is carried; a plain value has 0 levels, `[]` has 1. */
export const MAX_DEPTH = 64;

/** Why a value does not arrive as it is. */
export type JsonFlaw =
  | { readonly kind: 'depth' }
  | { readonly kind: 'loss'; readonly what: string; readonly becomes: string; readonly path: string };

type Loss = Pick<Extract<JsonFlaw, { kind: 'loss' }>, 'what' | 'becomes'>;

/**
 * The first flaw of a value, or undefined. `undefined` as a property is none: it arrives as a property that is not there.
 * Looks no deeper than `MAX_DEPTH`, so that it needs little stack whatever it is given; a cycle is too deep.
 * @param isExact false: only the depth counts
 */
export function flawOf(value: unknown, { isExact }: { readonly isExact: boolean }): JsonFlaw | undefined {
  const path: (string | number)[] = [];
  const look = (part: unknown, depth: number, place: Place): JsonFlaw | undefined => {
    if (typeof part === 'string' || typeof part === 'boolean' || part === null) return undefined;
    const loss = isExact ? lossOf(part, place) : undefined;
    if (loss !== undefined) return { kind: 'loss', ...loss, path: path.slice(0, depth).join('.') };
    if (typeof part !== 'object') return undefined;
    if (place !== 'converted' && hasToJson(part)) return part instanceof Date ? undefined : look(part.toJSON(''), depth, 'converted');
    if (depth === MAX_DEPTH) return { kind: 'depth' };
    if (Array.isArray(part)) {
      for (let index = 0; index < part.length; index += 1) {
        path[depth] = index;
        const flaw = look(part[index], depth + 1, 'array');
        if (flaw !== undefined) return flaw;
      }
      return undefined;
    }
    for (const key of Object.keys(part)) {
      path[depth] = key;
      const flaw = look((part as Readonly<Record<string, unknown>>)[key], depth + 1, 'object');
      if (flaw !== undefined) return flaw;
    }
    return undefined;
  };
  return look(value, 0, 'top');
}

/** Where a value stands. `converted`: it is what `toJSON` gave, whose own `toJSON` is not called. */
type Place = 'top' | 'array' | 'object' | 'converted';

function hasToJson(part: object): part is { toJSON(key: string): unknown } {
  return 'toJSON' in part && typeof part.toJSON === 'function';
}

function lossOf(part: unknown, place: Place): Loss | undefined {
  const dropped = place === 'array' ? 'null' : 'nothing';
  switch (typeof part) {
    case 'number':
      return Number.isFinite(part) ? undefined : { what: String(part), becomes: 'null' };
    case 'undefined':
      return place === 'array' || place === 'converted' ? { what: 'undefined', becomes: dropped } : undefined;
    case 'function':
      return { what: 'a function', becomes: dropped };
    case 'symbol':
      return { what: 'a symbol', becomes: dropped };
    case 'object':
      return part === null ? undefined : lossOfObject(part);
    default:
      return undefined;
  }
}

/** Objects that keep their content where JSON does not look. */
const HIDDEN_CONTENT = /^\[object (Map|Set|WeakMap|WeakSet|RegExp|Error|Promise|ArrayBuffer|SharedArrayBuffer|DataView|\w+Array)\]$/;

function lossOfObject(part: object): Loss | undefined {
  const prototype: unknown = Object.getPrototypeOf(part);
  if (prototype === Object.prototype || prototype === null || Array.isArray(part)) return undefined;
  if (part instanceof Date) return Number.isNaN(part.getTime()) ? { what: 'an invalid date', becomes: 'null' } : undefined;
  const name = HIDDEN_CONTENT.exec(Object.prototype.toString.call(part))?.[1];
  if (name === undefined || (hasToJson(part) && !ArrayBuffer.isView(part))) return undefined;
  return { what: /^[AEI]/.test(name) ? `an ${name}` : `a ${name}`, becomes: 'an object without its content' };
}

const QUOTE = 34;
const BACKSLASH = 92;
/** Fewer digits than these are exact in a number of JavaScript. */
const LONG_INTEGER = /-?\d{16,}(?![\d.eE])/y;
const HAS_LONG_INTEGER = /\d{16}/;

/**
 * The first whole number of a JSON text that JavaScript cannot hold: `9007199254740993` would be read as `9007199254740992`. Undefined
 * when there is none. Fractions are rounded everywhere, and are none.
 */
export function inexactInteger(json: string): string | undefined {
  if (!HAS_LONG_INTEGER.test(json)) return undefined;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(json, at);
    } else if (isNumberCharacter(code)) {
      const integer = integerAt(json, at);
      if (integer !== undefined && !isExact(integer)) return integer;
      while (isNumberCharacter(json.charCodeAt(at + 1))) at += 1;
    }
  }
  return undefined;
}

/** What is said of such a number, after "It has". */
export function inexactSentence(integer: string): string {
  return `the number ${integer.slice(0, 40)}, which JavaScript would read as ${Number(integer)}. Send it as a text.`;
}

function isExact(integer: string): boolean {
  const read = Number(integer);
  return Number.isFinite(read) && BigInt(read) === BigInt(integer);
}

/** Where the quoted text that begins at `start` ends. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** True for `+ - . 0–9 E e`. */
function isNumberCharacter(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46 || code === 69 || code === 101;
}

function integerAt(json: string, at: number): string | undefined {
  LONG_INTEGER.lastIndex = at;
  return LONG_INTEGER.exec(json)?.[0];
}
