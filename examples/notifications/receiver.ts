/** What receives webhooks, as somebody else's server would: it believes none that is not signed. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export interface Receiver {
  readonly url: string;
  /** Resolves with the next event that is received. */
  readonly next: () => Promise<unknown>;
  readonly close: () => void;
}

/** A receiver on a free port. */
export async function startReceiver(): Promise<Receiver> {
  const webhook = new Webhook(process.env['HOLDFAST_WEBHOOK_SECRET'] ?? '');
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      try {
        const event = webhook.verify(body, request.headers as Record<string, string>);
        response.writeHead(200).end('thank you');
        server.emit('event', event);
      } catch {
        response.writeHead(401).end('the signature is wrong');
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const next = async (): Promise<unknown> => ((await once(server, 'event')) as unknown[])[0];
  return { url: `http://127.0.0.1:${port}/hooks`, next, close: () => server.close() };
}
