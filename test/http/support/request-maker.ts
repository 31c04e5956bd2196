/** Owns requests made from the description of the API: some as it says, some almost, some not at all. */
import { openApi } from '../../../src/api/open-api.ts';
import type { RouteName } from '../../../src/api/routes.ts';
import { routes } from '../../../src/api/routes.ts';
import type { Random } from '../../support/random.ts';

type Schema = Readonly<Record<string, unknown>>;

export interface MadeRequest {
  readonly name: RouteName;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
}

interface Described {
  readonly operationId: RouteName;
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Texts that have broken programs: from the lists of naughty strings that testers keep, and what is special here. */
export const NAUGHTY = [
  '',
  ' ',
  '\t',
  'undefined',
  'null',
  'NaN',
  'true',
  '0',
  '-1',
  '1e309',
  '1/0',
  '0x0',
  '00',
  '..',
  '../../etc/passwd',
  '%00',
  '%',
  '%ff',
  '%2e%2e%2f',
  '\\',
  '\\\\',
  "'",
  '"',
  "' OR '1'='1",
  "'; DROP TABLE jobs;--",
  '`',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '${7*7}',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u0000',
  '\u0007',
  '\u001b[31m',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udfff\ud800',
  'Ω≈ç√∫˜µ≤≥÷',
  '田中さんにあげて下さい',
  '👩‍👩‍👧‍👦',
  'مكتب',
  'ﷺ',
  'Z̮̞̠͙͔ͅ',
  'ß',
  'İ',
  'CON',
  'a'.repeat(300),
  '🦄'.repeat(200),
  '/',
  '//',
  '?',
  '#',
  '&',
  '=',
  ';',
  ':',
  '@',
  'a@',
  'once-',
  'true\r\nX-Injected: 1',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '-1s',
  '1y',
  '99999999d',
  '5s',
];

const description = openApi({ version: '0' }) as { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> };
const described = new Map(
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [operation.operationId, { path, method: method.toUpperCase(), operation }] as const,
    ),
  ),
);

/** A request for a route. @param known values that make sense, by the name of their field */
export function makeRequest(name: RouteName, random: Random, known: Readonly<Record<string, readonly unknown[]>>): MadeRequest {
  const found = described.get(name);
  if (found === undefined) throw new Error(`Expected ${name} in the description.`);
  const { path, method, operation } = found;
  const values = operation.parameters.flatMap(({ name: field, in: place, schema }) =>
    place !== 'path' && random() < 0.6 ? [] : [{ field, place, value: valueOf(schema, { random, known, field, depth: 0 }) }],
  );
  const inPath = (field: string): string => textOf(values.find((value) => value.place === 'path' && value.field === field)?.value);
  const query = new URLSearchParams(
    values.filter(({ place }) => place === 'query').map(({ field, value }): [string, string] => [field, textOf(value)]),
  );
  if (random() < 0.1) query.append(pick(NAUGHTY, random), pick(NAUGHTY, random));
  const [contentType, taken] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const document = (): string =>
    JSON.stringify(
      random() < 0.15 || taken === undefined ? anything(random, 0) : valueOf(taken.schema, { random, known, field: '', depth: 0 }),
    );
  const lines = contentType === 'application/x-ndjson' ? Math.floor(random() * 5) : 1;
  const body = taken === undefined ? undefined : Array.from({ length: lines }, document).join('\n');
  return {
    name,
    method,
    path: path.replaceAll(/\{(\w+)\}/g, (_all, field: string) => encoded(inPath(field))) + (query.size === 0 ? '' : `?${query.toString()}`),
    headers: Object.fromEntries(
      values.filter(({ place }) => place === 'header').map(({ field, value }) => [field.toLowerCase(), headerOf(value)]),
    ),
    ...(body === undefined || contentType === undefined ? {} : { contentType, body: random() < 0.05 ? body.slice(0, -1) : body }),
  };
}

export function namesOfRoutes(): readonly RouteName[] {
  return Object.keys(routes) as RouteName[];
}

interface Making {
  readonly random: Random;
  readonly known: Readonly<Record<string, readonly unknown[]>>;
  readonly field: string;
  readonly depth: number;
}

function valueOf(schema: Schema, making: Making): unknown {
  const { random, known, field, depth } = making;
  const sensible = known[field];
  if (sensible !== undefined && random() < 0.7) return pick(sensible, random);
  if (random() < 0.1 || depth > 6) return anything(random, depth);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (choices !== undefined) return valueOf(pick(choices, random), making);
  if (schema['enum'] !== undefined) return pick(schema['enum'] as readonly unknown[], random);
  if ('const' in schema) return schema['const'];
  switch (schema['type']) {
    case 'object':
      return objectOf(schema, making);
    case 'array':
      return Array.from({ length: Math.floor(random() * 4) }, () =>
        valueOf((schema['items'] ?? {}) as Schema, { ...making, depth: depth + 1 }),
      );
    case 'integer':
      return Math.floor(random() * 2000) - 200;
    case 'number':
      return random() * 1000;
    case 'boolean':
      return random() < 0.5;
    case 'string':
      return random() < 0.5 ? pick(NAUGHTY, random) : `text${Math.floor(random() * 100)}`;
    default:
      return anything(random, depth);
  }
}

function objectOf(schema: Schema, making: Making): Readonly<Record<string, unknown>> {
  const { random, depth } = making;
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  const required = (schema['required'] ?? []) as readonly string[];
  const entries = properties.filter(([name]) => random() < (required.includes(name) ? 0.97 : 0.3));
  const stray = random() < 0.05 ? [[pick(NAUGHTY, random), anything(random, depth + 1)] as const] : [];
  return Object.fromEntries([
    ...entries.map(([name, part]) => [name, valueOf(part, { ...making, field: name, depth: depth + 1 })] as const),
    ...stray,
  ]);
}

function anything(random: Random, depth: number): unknown {
  const kinds = [null, true, 0, -0, 1e308, 5e-324, 2 ** 53, pick(NAUGHTY, random)];
  if (depth > 3 || random() < 0.7) return pick(kinds, random);
  if (random() < 0.5) return Array.from({ length: Math.floor(random() * 4) }, () => anything(random, depth + 1));
  return Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, () => [pick(NAUGHTY, random), anything(random, depth + 1)]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Some as clients write them, some not encoded at all where a URL takes that. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // A lone surrogate has no encoding.
    return '%ED%A0%80';
  }
}

/** What a header can carry. */
function headerOf(value: unknown): string {
  return (
    textOf(value)
      .replaceAll(/[^\u0020-\u007e]/g, '')
      .trim() || 'x'
  );
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}
