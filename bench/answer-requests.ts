/** Owns the child's side of the words with the benchmark: answers its requests, and ends when it is gone, however it went. */
import type { Message, Stop } from './child-messages.ts';

/** Does what a request wants, and gives the figures of the answer. */
export type Answerer<Request> = (request: Request | Stop) => Promise<readonly number[]>;

/** Tells the benchmark what has happened, without being asked. */
export function tell(event: unknown): void {
  say({ kind: 'event', event });
}

/** Starts what the process is for and answers requests, one at a time, until the one to stop. */
export async function answerRequests<Request extends { readonly kind: string }>(start: () => Promise<Answerer<Request>>): Promise<void> {
  process.on('disconnect', () => process.exit(1));
  // Ctrl-C reaches the whole process group; the benchmark then ends its children itself.
  process.on('SIGINT', () => undefined);
  try {
    const answerer = await start();
    process.on('message', (request: Request | Stop) => void answer(answerer, request));
    say({ kind: 'ready' });
  } catch (error) {
    sayFailed(error);
  }
}

async function answer<Request extends { readonly kind: string }>(answerer: Answerer<Request>, request: Request | Stop): Promise<void> {
  try {
    say({ kind: 'answer', values: await answerer(request) });
    // Connections of the contenders would keep the process; what it had to do is done.
    if (request.kind === 'stop') process.exit(0);
  } catch (error) {
    sayFailed(error);
  }
}

function sayFailed(error: unknown): void {
  say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function say(message: Message): void {
  process.send?.(message);
}
