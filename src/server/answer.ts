/** Owns how what a handler gives becomes a `Response`, by the kind of the route. */
import { problemOf, PROBLEM_TYPE, retryAfterOf } from '../api/problem.ts';
import type { Route } from '../api/route.ts';
import type { CallContext, FileAnswer, LiveEvent } from './context.ts';
import { eventStream } from './events/event-stream.ts';
import type { StaleAnswer } from './stale-answers.ts';

const STALE_HEADER = 'holdfast-stale-since';

/** The answer of a route. */
export function answer(route: Route, value: unknown, context: CallContext): Response {
  switch (route.kind) {
    case 'json':
      return jsonResponse(route, value, context);
    case 'text':
      return new Response(String(value), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
    case 'events':
      return eventsResponse(value as AsyncIterable<LiveEvent>, context);
    case 'lines':
      return new Response(bytesOf(lines(value as AsyncIterable<unknown>)), { headers: { 'content-type': 'application/x-ndjson' } });
    case 'file':
      return fileResponse(value as FileAnswer);
  }
}

/** The answer from before, while there is no newer one. */
export function staleResponse({ body, since }: StaleAnswer): Response {
  return new Response(jsonText(body), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', [STALE_HEADER]: since },
  });
}

/** The answer to a call that failed. */
export function problemResponse(error: unknown, requestId: string): Response {
  const problem = problemOf(error, requestId);
  const retryAfter = retryAfterOf(problem);
  const headers = new Headers({ 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  if (problem.code === 'not-authenticated') headers.set('www-authenticate', 'Bearer realm="holdfast"');
  if (Array.isArray(problem.details?.['allow'])) headers.set('allow', problem.details['allow'].join(', '));
  return new Response(jsonText(problem), { status: problem.status, headers });
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function jsonResponse(route: Route, value: unknown, { answerHeaders, basePath }: CallContext): Response {
  const headers = new Headers(answerHeaders);
  headers.set('content-type', 'application/json');
  headers.set('cache-control', 'no-store');
  if (route.location !== undefined) headers.set('location', basePath + filled(route.location, value));
  return new Response(jsonText(value), { status: route.status, headers });
}

/** A path with the fields of the answer in it. */
function filled(path: string, value: unknown): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, field: string) =>
    encodeURIComponent(String((value as Readonly<Record<string, unknown>>)[field])),
  );
}

function eventsResponse(events: AsyncIterable<LiveEvent>, { signal, metrics }: CallContext): Response {
  metrics.streamOpened();
  const stream = eventStream(events, { signal, onEnd: () => metrics.streamEnded() });
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' },
  });
}

function fileResponse({ fileName, mediaType, bytes, content }: FileAnswer): Response {
  return new Response(bytesOf(content), {
    headers: {
      'content-type': mediaType,
      'content-length': String(bytes),
      // The name is one of an export: letters, digits, dots, dashes.
      'content-disposition': `attachment; filename="${fileName}"`,
      'cache-control': 'private, no-store',
    },
  });
}

async function* lines(values: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const value of values) yield Buffer.from(`${jsonText(value)}\n`);
}

/** A stream that takes the next piece when the reader wants it, and stops when the reader is gone. */
function bytesOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
