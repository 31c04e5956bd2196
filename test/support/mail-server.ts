/** Owns real SMTP servers on loopback that a test tells what to refuse, and that keep what they took. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { callbackify } from 'node:util';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The mail as it came, headers and all. */
  readonly raw: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
}

export interface MailServerFixture {
  readonly port: number;
  readonly mails: readonly TakenMail[];
  /** Recipients that were named, taken or not, in order. */
  readonly named: readonly string[];
  readonly close: () => void;
}

export interface MailRules {
  /** The reply to a recipient; none: it is taken. */
  readonly refuse?: (address: string, times: number) => { readonly code: number; readonly message: string } | undefined;
  readonly options?: SMTPServerOptions;
}

function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}

/** A mail server that ends with the test. Without other options it takes every mail, and asks for no login. */
export async function mailServer(rules: MailRules = {}): Promise<MailServerFixture> {
  const server = await startMailServer(rules);
  onTestFinished(server.close);
  return server;
}

/** The same until it is closed: for all tests of a file. */
export async function startMailServer({ refuse, options }: MailRules = {}): Promise<MailServerFixture> {
  const mails: TakenMail[] = [];
  const named: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, done) {
      named.push(address);
      const reply = refuse?.(address, named.filter((other) => other === address).length);
      done(reply === undefined ? undefined : refusal(reply.code, reply.message));
    },
    onData(stream, session, done) {
      const take = async (): Promise<void> => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : (mailFrom?.address ?? ''),
          to: rcptTo.map(({ address }) => address),
          raw: await text(stream),
          isEncrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        });
      };
      callbackify(take)(done);
    },
    ...options,
  });
  // A client that does not trust its certificate hangs up, which is its right.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { port: (listening.address() as AddressInfo).port, mails, named, close: () => server.close() };
}
