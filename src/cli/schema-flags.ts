/**
 * Owns the input of a job written as flags: `--to ada@example.com --count 3 --address.city Paris --tags a --tags b --no-loud`. Which
 * value a flag takes follows from the JSON Schema of the type; what it means is checked by the contract.
 */
import { JobError } from '../contract/errors.ts';
import { inexactInteger } from '../contract/json-value.ts';
import { closest } from './closest.ts';

type Schema = Readonly<Record<string, unknown>>;

interface Field {
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** The input that the words say. @throws JobError `invalid-options` for a flag that the schema does not have */
export function inputOfFlags(words: readonly string[], schema: Schema): Readonly<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, no, name = '', , inline] = /^--(no-)?([\w.-]+)(=([\s\S]*))?$/.exec(word) ?? [];
    if (name === '')
      throw new JobError(
        'invalid-options',
        `Expected a flag such as --name, got: ${JSON.stringify(word)}. The input can be given as JSON, too: --input '{…}'.`,
      );
    const path = pathOf(name, schema, no !== undefined);
    const field = fieldAt(path, schema);
    if (typeOf(field.schema) === 'boolean' && inline === undefined) {
      put(input, path, { value: no === undefined, isList: false });
      continue;
    }
    const text = inline ?? words[(index += 1)];
    if (text === undefined) throw new JobError('invalid-options', `Expected a value behind --${name}.`);
    const isList = typeOf(field.schema) === 'array';
    put(input, path, { value: valueOf(text, isList ? ((field.schema['items'] ?? {}) as Schema) : field.schema), isList });
  }
  return input;
}

/** The flags of a type, for its help: name, what it takes, what it is. */
export function flagsOf(schema: Schema): readonly { readonly flag: string; readonly about: string }[] {
  return fieldsOf(schema).map(([name, { schema: field, isRequired }]) => {
    const type = typeOf(field);
    const value = type === 'boolean' ? '' : ` <${choicesOf(field) ?? type ?? 'value'}>`;
    const more = [
      isRequired ? 'required' : undefined,
      type === 'array' ? 'may be repeated' : undefined,
      defaultOf(field),
      textOf(field['description']),
    ];
    return { flag: `--${name}${value}`, about: more.filter((part) => part !== undefined).join('; ') };
  });
}

function fieldsOf(schema: Schema, above = ''): (readonly [string, Field])[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  const required = (schema['required'] ?? []) as readonly string[];
  return properties.flatMap(([name, field]): (readonly [string, Field])[] => {
    const full = `${above}${name}`;
    if (typeOf(field) === 'object' && field['properties'] !== undefined) return fieldsOf(field, `${full}.`);
    return [[full, { schema: field, isRequired: required.includes(name) }]];
  });
}

/** `max-size` is found as `maxSize`. */
function pathOf(name: string, schema: Schema, isNegated: boolean): readonly string[] {
  const known = fieldsOf(schema);
  const camel = name.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
  const found = known.find(([one]) => one === name || one === camel);
  if (found !== undefined) return found[0].split('.');
  // An input that takes any keys.
  if (known.length === 0) return name.split('.');
  const flags = known.map(([one]) => one);
  const hint = closest(camel, flags);
  throw new JobError(
    'invalid-options',
    `There is no field ${isNegated ? '--no-' : '--'}${name}${hint === undefined ? '' : `; did you mean --${hint}?`} The fields are: ${flags.join(', ')}.`,
  );
}

function fieldAt(path: readonly string[], schema: Schema): Field {
  return fieldsOf(schema).find(([name]) => name === path.join('.'))?.[1] ?? { schema: {}, isRequired: false };
}

function typeOf(schema: Schema): string | undefined {
  const { type } = schema;
  if (typeof type === 'string') return type;
  const options = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  const types = new Set(options?.map((option) => typeOf(option)).filter((one) => one !== 'null'));
  return types.size === 1 ? [...types][0] : undefined;
}

function valueOf(text: string, schema: Schema): unknown {
  const type = typeOf(schema);
  if (type === 'string') return text;
  if (type === 'number' || type === 'integer') return isExactNumber(text) ? Number(text) : text;
  if (inexactInteger(text) !== undefined) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A word that is no JSON is itself.
    return text;
  }
}

function isExactNumber(text: string): boolean {
  return text.trim() !== '' && !Number.isNaN(Number(text)) && inexactInteger(text) === undefined;
}

function put(
  input: Record<string, unknown>,
  path: readonly string[],
  { value, isList }: { readonly value: unknown; readonly isList: boolean },
): void {
  const [name = '', ...below] = path;
  if (below.length > 0) {
    const inner = (input[name] ?? {}) as Record<string, unknown>;
    input[name] = inner;
    put(inner, below, { value, isList });
    return;
  }
  const before = input[name];
  input[name] = isList
    ? [...((before ?? []) as readonly unknown[]), ...(Array.isArray(value) ? (value as readonly unknown[]) : [value])]
    : value;
}

function choicesOf(schema: Schema): string | undefined {
  const choices = schema['enum'] as readonly unknown[] | undefined;
  return choices?.map(String).join('|');
}

function defaultOf(schema: Schema): string | undefined {
  return 'default' in schema ? `default ${JSON.stringify(schema['default'])}` : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
