/**
 * Owns the step `deliver-webhook`: one signed request by the Standard Webhooks specification 1.0.0, and what its answer means. Where
 * the request may go is in `guarded-connect.ts`.
 */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Dispatcher } from 'undici';
import { asJobError, fieldOf, JobError, messageOf } from '../../contract/errors.ts';
import type { deliverWebhook } from '../../jobs/send-notification.ts';
import { packageVersion } from '../../package-version.ts';
import type { Handler } from '../handle.ts';
import { RetryAfter } from '../handler-errors.ts';
import { type Answer, deliver, shown } from './delivery.ts';
import { guardedConnect, type Resolve } from './guarded-connect.ts';
import type { Receivers } from './receivers.ts';
import { retryAfterMs } from './retry-after.ts';
import { configured, type Notifying } from './settings.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** Of the answer only its start is read: for the log. */
const ANSWER_BYTES = 1024;
const ANSWER_TIME_MS = 1000;
const MAX_HEADER_BYTES = 16 * 1024;
const SHOWN_LENGTH = 100;
/** The statuses that say "too much for now". */
const BUSY = new Set([429, 502, 503, 504]);

/** The handler, over the worker's settings. Its receivers share the places of the process with those of mails. */
export function webhookDelivery(settings: Notifying, receivers: Receivers): Handler<typeof deliverWebhook> {
  const dispatcher = memoized(() => guardedAgent(settings));
  return async ({ event, url, secret, payload }, context) => {
    const secrets = configured(settings.secrets, secret, 'webhook secret');
    const agent = await dispatcher();
    const place = receivers.enter(new URL(url).host);
    return await deliver({ context, place, timeoutMs: settings.timeoutMs }, async (signal) => {
      const body = JSON.stringify(payload);
      return await post(url, { agent, body, signal, headers: await signedHeaders(event, { body, secrets }) });
    });
  };
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Loaded late: a process that sends no webhook does not pay for it. */
async function guardedAgent({ isAllowed, resolve = systemResolver }: Notifying): Promise<Dispatcher> {
  const { Agent, buildConnector } = await import('undici');
  return new Agent({
    connect: guardedConnect(buildConnector, { isAllowed, resolve, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    // Each delivery has a connection of its own, to an address that was checked for it: nothing waits behind one that hangs.
    pipelining: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

const systemResolver: Resolve = (host) => lookup(host, { all: true });

interface Signing {
  readonly body: string;
  readonly secrets: readonly string[];
}

/** The same id for each attempt, its own time, and a signature for each secret. */
async function signedHeaders(event: string, { body, secrets }: Signing): Promise<Record<string, string>> {
  const { Webhook } = await import('standardwebhooks');
  // A digest: what is signed has full stops between its parts, and ids of jobs may have them inside.
  const id = `msg_${createHash('sha256').update(event).digest('hex').slice(0, 32)}`;
  const now = new Date();
  return {
    'content-type': 'application/json',
    'user-agent': `holdfast/${packageVersion()}`,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

interface Post {
  readonly agent: Dispatcher;
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

async function post(url: string, { agent, body, headers, signal }: Post): Promise<Answer> {
  const { request } = await import('undici');
  try {
    const response = await request(url, { method: 'POST', dispatcher: agent, headers, body, signal });
    const text = await startOf(response.body);
    return { status: response.statusCode, text, ...verdict(response.statusCode, text, retryAfterMs(response.headers['retry-after'])) };
  } catch (error) {
    return { status: null, text: '', failure: unreached(error, signal) };
  }
}

/** The first bytes of an answer, as many as come soon; the rest is not waited for. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => body.destroy(), ANSWER_TIME_MS);
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= ANSWER_BYTES) break;
    }
  } catch {
    // The status has been said; an answer that breaks off changes nothing about it.
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
}

/** "Delivery success and failure" of the specification: 2xx is success, 410 ends it, all else is tried again. */
function verdict(status: number, text: string, askedMs: number | undefined): Pick<Answer, 'failure' | 'closedMs'> {
  if (status >= 200 && status < 300) return {};
  const answer = text === '' ? '' : ` with: ${shown(text, SHOWN_LENGTH)}`;
  if (status === 410) return { failure: new JobError('receiver-gone') };
  const redirect = status >= 300 && status < 400 ? ' Redirects are not followed: give the final URL.' : '';
  const message = `The receiver answered ${status}${answer}.${redirect}`;
  if (askedMs === undefined) return { failure: new JobError('receiver-failed', message) };
  const failure = Object.assign(new RetryAfter(askedMs, message), { code: 'receiver-failed' });
  return { failure, ...(BUSY.has(status) ? { closedMs: askedMs } : {}) };
}

function unreached(error: unknown, signal: AbortSignal): Error {
  const known = asJobError(error);
  if (known !== undefined) return known;
  const isTooLate = signal.aborted;
  const code = fieldOf(error, 'code');
  const why = isTooLate ? 'it did not answer in time' : `${messageOf(error)}${typeof code === 'string' ? ` (${code})` : ''}`;
  return new JobError('receiver-unavailable', `The receiver could not be reached: ${shown(why, SHOWN_LENGTH * 2)}`, { cause: error });
}
