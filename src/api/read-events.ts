/**
 * Owns the reading of live events by a program, a browser included: it connects again by itself, behind the last event that it has,
 * and hands on no version twice.
 */
import type { EventSourceMessage } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { asJobError, JobError } from '../contract/errors.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';
import { errorOf } from './problem.ts';

export interface EventPlace {
  /** Address of the stream. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
  /** Id of the last event that was seen. */
  readonly after?: string | undefined;
  /** True: the stream is over when its server ends it in good order. */
  readonly hasEnd: boolean;
}

/** An event. */
export interface ReadEvent {
  /** `<job>:<version>`. */
  readonly id: string;
  readonly job: JobSnapshot;
}

const [FIRST_REST_MS, LONGEST_REST_MS] = [100, 5000] as const;
/** Versions that are remembered, of the jobs that were heard of last. */
const REMEMBERED = 20_000;

/** The events until the signal fires or the stream is over. @throws JobError what asking again does not help, such as `not-found` */
export async function* readEvents(source: EventPlace): AsyncGenerator<ReadEvent, void, undefined> {
  const state: Reading = { after: source.after, restMs: FIRST_REST_MS, seen: new SeenVersions() };
  const isOver = (): boolean => source.signal?.aborted === true;
  while (!isOver()) {
    try {
      yield* connection(source, state);
      if (source.hasEnd) return;
    } catch (error) {
      if (isOver()) return;
      const known = asJobError(error);
      if (known !== undefined && !known.retryable) throw error;
    }
    await rested(state.restMs * (1 + Math.random() / 2), source.signal);
    state.restMs = Math.min(LONGEST_REST_MS, state.restMs * 2);
  }
}

/** What is kept from one connection to the next. */
interface Reading {
  after: string | undefined;
  restMs: number;
  readonly seen: SeenVersions;
}

/** The events of one connection. Ends when the server ends the stream in good order; throws when it breaks off. */
async function* connection(source: EventPlace, state: Reading): AsyncGenerator<ReadEvent, void, undefined> {
  const messages = await opened(source, state.after);
  state.restMs = FIRST_REST_MS;
  for await (const event of eventsIn(messages)) {
    state.after = event.id;
    if (state.seen.isNews(event)) yield event;
  }
}

type Messages = ReadableStream<EventSourceMessage>;

/** A connection that has answered. */
async function opened({ url, headers, fetch, signal }: EventPlace, after: string | undefined): Promise<Messages> {
  const response = await fetch(url, {
    headers: { ...headers, accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) },
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined), 'read events');
  if (response.body === null) throw new JobError('unavailable', 'The stream of events is empty.');
  return response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}

async function* eventsIn(messages: Messages): AsyncGenerator<ReadEvent, void, undefined> {
  const reader = messages.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.event === 'job' && value.id !== undefined) yield { id: value.id, job: JSON.parse(value.data) as JobSnapshot };
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The last versions of jobs that were heard of. */
class SeenVersions {
  readonly #versions = new Map<string, number>();

  isNews({ job }: ReadEvent): boolean {
    const last = this.#versions.get(job.id);
    if (last !== undefined && job.version <= last) return false;
    this.#versions.delete(job.id);
    this.#versions.set(job.id, job.version);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > REMEMBERED && oldest !== undefined) this.#versions.delete(oldest);
    return true;
  }
}

async function rested(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
