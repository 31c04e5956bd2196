/** Owns HTTP receivers on loopback that a test tells what to answer, and that note what came. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  /** Requests whose body has come, in order. */
  readonly received: readonly Received[];
  /** The first of them. Fails when there is none. */
  readonly first: () => Received;
  /** Connections that were made to it, whatever came of them. */
  readonly connections: () => number;
}

/** Answers a request; one that never calls `end` hangs. `number`: 1 for the first request. */
export type Respond = (response: ServerResponse, request: Received, number: number) => void;

/** A receiver that ends with the test. It answers 204 unless it is told otherwise. */
export async function webhookReceiver(
  respond: Respond = (response) => response.writeHead(204).end(),
  host = '127.0.0.1',
): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let connections = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = { path: request.url ?? '', headers: headersOf(request), body: await text(request) };
    respond(response, one, received.push(one));
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.on('connection', () => (connections += 1));
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const first = (): Received => {
    const [one] = received;
    if (one === undefined) throw new Error('Expected a request.');
    return one;
  };
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/hooks`;
  return { url, port, received, first, connections: () => connections };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
