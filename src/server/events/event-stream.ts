/**
 * Owns the form of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), and how a slow reader is
 * treated: the source is asked for the next event when the reader has taken the one before, so nothing piles up here.
 */
import type { LiveEvent } from '../context.ts';

export interface EventStreamOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Between two comments that keep the connection from looking dead, in milliseconds. @default 15 000 */
  readonly heartbeatMs?: number;
  /** Called once, when the stream has ended, however. */
  readonly onEnd: () => void;
}

const HEARTBEAT_MS = 15_000;
/** What a browser waits before it connects again, in milliseconds. */
const RECONNECT_MS = 1000;
const encoder = new TextEncoder();

/** The events as a stream of bytes. It ends with the source, with the signal, or when its reader is gone. */
export function eventStream(events: AsyncIterable<LiveEvent>, options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { signal, heartbeatMs = HEARTBEAT_MS, onEnd } = options;
  const iterator = events[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<LiveEvent>> | undefined;
  let isEnded = false;
  const end = async (): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    onEnd();
    await iterator.return?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n`));
      },
      async pull(controller) {
        next ??= iterator.next();
        const event = await orHeartbeat(next, heartbeatMs);
        if (event === 'heartbeat' && !signal.aborted) return controller.enqueue(encoder.encode(': still here\n\n'));
        next = undefined;
        if (event !== 'heartbeat' && event.done !== true && !signal.aborted) return controller.enqueue(encoder.encode(textOf(event.value)));
        await end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** The event, or that none came in time: the wait for it goes on. */
async function orHeartbeat<T>(event: Promise<T>, heartbeatMs: number): Promise<T | 'heartbeat'> {
  let timer: NodeJS.Timeout | undefined;
  const rest = new Promise<'heartbeat'>((resolve) => (timer = setTimeout(() => resolve('heartbeat'), heartbeatMs)));
  return await Promise.race([event, rest]).finally(() => clearTimeout(timer));
}

function textOf({ id, job }: LiveEvent): string {
  return `id: ${id.replaceAll(/[\r\n\0]/g, '')}\nevent: job\ndata: ${JSON.stringify(job)}\n\n`;
}
