/** Owns the reading of a request: its parameters and its body, checked by the contract of the route. Whatever comes, the answer is an error that says what was wrong. */
import { EventEmitter, once } from 'node:events';
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
const LINE_END = 10;
const BODY_MS = 60_000;

/** @throws JobError `invalid-request`, `unsupported-media-type`, `payload-too-large` */
export async function readInput(
  route: Route,
  request: Request,
  { params, maxBodyBytes }: { readonly params: Readonly<Record<string, string>>; readonly maxBodyBytes: number },
): Promise<CheckedInput> {
  return {
    params: checked(route.params, params, 'path'),
    query: checked(route.query, queryOf(request.url), 'query'),
    body: await bodyOf(route, request, maxBodyBytes),
  };
}

async function bodyOf({ body, bodyKind }: Route, request: Request, maxBytes: number): Promise<unknown> {
  if (body === undefined) return undefined;
  if (bodyKind === 'json') return checked(body, await readBody(request, maxBytes), 'body');
  expectType(request, 'application/x-ndjson');
  return documents(request, maxBytes);
}

/** The documents of a body, one a line, as they arrive. Empty lines are none. */
async function* documents(request: Request, maxBytes: number): AsyncGenerator<unknown, void, undefined> {
  let line = 0;
  for await (const text of linesOf(request, maxBytes)) {
    line += 1;
    if (text.trim() !== '') yield parseJson(text, `line ${line} of the request's body`);
  }
}

async function* linesOf(request: Request, maxBytes: number): AsyncGenerator<string, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of piecesOf(request, { isWhole: false })) {
    let bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END)) {
      yield textOf(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    rest = bytes;
    if (rest.length > maxBytes) throw tooLarge(maxBytes, 'A line of the body');
  }
  yield textOf(rest);
}

/** The pieces of a body. One that does not come in time is not waited for: the whole body has to, or each piece of one that is worked on. */
async function* piecesOf(request: Request, { isWhole }: { readonly isWhole: boolean }): AsyncGenerator<Uint8Array, void, undefined> {
  if (request.body === null) return;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const limit = timeLimit(() => new JobError('invalid-request', `The body of the request did not arrive within ${BODY_MS / 1000} s.`));
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), limit.over]);
      // Whoever went away in the middle of it may look as if it had ended.
      if (next.done && request.signal.aborted) throw new JobError('invalid-request', 'The body of the request broke off.');
      if (next.done) return;
      if (!isWhole) limit.stop();
      yield next.value;
      if (!isWhole) limit.start();
    }
  } finally {
    limit.stop();
    await reader.cancel().catch(() => undefined);
  }
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
  const text = await readText(request, maxBytes);
  // An act that says nothing more needs no body.
  if (text === '') return {};
  expectType(request, 'application/json');
  return parseJson(text);
}

function expectType(request: Request, expected: string): void {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === expected) return;
  throw new JobError('unsupported-media-type', `Expected a body of the type ${expected}, got: ${type ?? 'none'}.`, { details: { type } });
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(request, { isWhole: true })) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return textOf(Buffer.concat(pieces));
}

/** A limit that has been started; `over` rejects when it is not stopped in time. */
function timeLimit(errorOf: () => JobError): { readonly over: Promise<never>; readonly start: () => void; readonly stop: () => void } {
  const over = new EventEmitter();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => over.emit('error', errorOf()), BODY_MS);
  };
  start();
  const rejected = once(over, 'over') as Promise<never>;
  rejected.catch(() => undefined);
  return { over: rejected, start, stop: () => clearTimeout(timer) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new JobError('invalid-request', 'The body of the request is not UTF-8.', { cause: error });
  }
}

function tooLarge(maxBytes: number, what = 'The body'): JobError {
  return new JobError('payload-too-large', `${what} of the request is larger than the ${maxBytes} bytes that this server takes.`, {
    details: { maxBytes },
  });
}

function parseJson(text: string, what = 'body of the request'): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JobError('invalid-request', `The ${what} is not JSON: ${(error as Error).message.slice(0, 200)}`, {
      cause: error,
    });
  }
  const rounded = inexactInteger(text);
  if (rounded !== undefined) throw new JobError('invalid-request', `The ${what} has ${inexactSentence(rounded)}`);
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
