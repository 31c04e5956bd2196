/** Owns the reading of a request: its parameters and its body, checked by the contract of the route. Whatever comes, the answer is an error that says what was wrong. */
import type { z } from 'zod';
import type { Route } from '../api/route.ts';
import { JobError } from '../contract/errors.ts';
import { inexactInteger, inexactSentence, MAX_DEPTH } from '../contract/json-value.ts';
import { pathOf } from '../contract/validate.ts';

export interface CheckedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const ISSUES_SHOWN = 10;

/** @throws JobError `invalid-request`, `unsupported-media-type`, `payload-too-large` */
export async function readInput(
  route: Route,
  request: Request,
  { params, maxBodyBytes }: { readonly params: Readonly<Record<string, string>>; readonly maxBodyBytes: number },
): Promise<CheckedInput> {
  return {
    params: checked(route.params, params, 'path'),
    query: checked(route.query, queryOf(request.url), 'query'),
    body: route.body === undefined ? undefined : checked(route.body, await readBody(request, maxBodyBytes), 'body'),
  };
}

/** Values of the query; of a name that stands several times a list. */
function queryOf(url: string): Record<string, string | string[]> {
  const { searchParams } = new URL(url);
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

function checked(schema: z.ZodType, value: unknown, where: 'path' | 'query' | 'body'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, ISSUES_SHOWN).map((issue) => ({ path: pathOf(issue), message: issue.message }));
  const sentence = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  const more = result.error.issues.length > ISSUES_SHOWN ? ` (and ${result.error.issues.length - ISSUES_SHOWN} more)` : '';
  throw new JobError('invalid-request', `The ${where} of the request is not what this route takes. ${sentence}${more}`, {
    details: { where, issues },
  });
}

async function readBody(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  const text = await readText(request, maxBytes);
  // An act that says nothing more needs no body.
  if (text === '') return {};
  if (type !== 'application/json')
    throw new JobError('unsupported-media-type', `Expected a body of the type application/json, got: ${type ?? 'none'}.`, {
      details: { type },
    });
  return parseJson(text);
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return '';
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (error) {
    throw new JobError('invalid-request', 'The body of the request is not UTF-8.', { cause: error });
  }
}

function tooLarge(maxBytes: number): JobError {
  return new JobError('payload-too-large', `The body of the request is larger than the ${maxBytes} bytes that this server takes.`, {
    details: { maxBytes },
  });
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JobError('invalid-request', `The body of the request is not JSON: ${(error as Error).message.slice(0, 200)}`, {
      cause: error,
    });
  }
  const rounded = inexactInteger(text);
  if (rounded !== undefined) throw new JobError('invalid-request', `The body of the request has ${inexactSentence(rounded)}`);
  checkValue(value, 0);
  return value;
}

/** The envelope around a value that is itself `MAX_DEPTH` deep. */
const ENVELOPE = 4;
/** A key by which objects get another prototype when they are copied carelessly. */
const REFUSED_KEY = '__proto__';

function checkValue(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH + ENVELOPE)
    throw new JobError('invalid-request', `The body of the request is nested deeper than ${MAX_DEPTH} levels. Flatten it.`, {
      details: { maxDepth: MAX_DEPTH },
    });
  if (!Array.isArray(value) && Object.hasOwn(value, REFUSED_KEY))
    throw new JobError('invalid-request', `The body of the request has the key "${REFUSED_KEY}". Name it otherwise.`);
  for (const part of Object.values(value)) checkValue(part, depth + 1);
}
