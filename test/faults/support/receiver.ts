/** Owns an HTTP receiver that honours idempotency keys: of requests with the same key the first has an effect, all get its answer. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly path: string;
  readonly key: string;
}

export interface Receiver {
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly Received[];
  /** Idempotency key → number of its effect. */
  readonly effects: ReadonlyMap<string, number>;
  /** What effects there would be if the keys were not honoured: requests for a path. */
  countOf(path: string): number;
}

export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  const effects = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const received = { path: request.url ?? '', key: String(request.headers['idempotency-key']) };
    requests.push(received);
    const effect = effects.get(received.key) ?? effects.size + 1;
    effects.set(received.key, effect);
    request.resume();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ effect }));
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const countOf = (path: string): number => requests.filter((request) => request.path === path).length;
  return { url: `http://127.0.0.1:${port}`, requests, effects, countOf };
}
