/** One webhook, attempt by attempt, at real receivers: what is sent, what each answer means, what the log keeps. */
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, test } from 'vitest';
import { retryAfterMs } from '../../../src/activities/send-notification/retry-after.ts';
import { type Respond, webhookReceiver } from '../../support/webhook-receiver.ts';
import { type Attempted, NEXT_SECRET, SECRET, webhookStep } from './run-delivery.ts';

const data = { id: 'in_42', note: 'ü, "quoted", </script>' };

/** What becomes of one attempt at a receiver that answers so. */
async function attempted(respond: Respond, settings = {}): Promise<Attempted> {
  const { url } = await webhookReceiver(respond);
  return await webhookStep(settings).attempt({ url });
}

function answering(status: number, headers: Record<string, string> = {}, body = ''): Respond {
  return (response) => response.writeHead(status, headers).end(body);
}

describe('a webhook', () => {
  test('is one signed POST that the reference library verifies', async () => {
    const receiver = await webhookReceiver();
    const payload = { type: 'invoice.paid', timestamp: '2026-11-26T01:02:03.000Z', data };
    const { log, error } = await webhookStep().attempt({ url: `${receiver.url}?a=1`, payload });
    expect(error).toBeUndefined();
    expect(receiver.received).toHaveLength(1);
    const { path, headers, body } = receiver.first();
    expect(path).toBe('/hooks?a=1');
    expect(new Webhook(SECRET).verify(body, headers)).toEqual(payload);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': expect.stringMatching(/^holdfast\/\d/) as string });
    expect(headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(log).toEqual([
      { at: expect.stringMatching(/^\d{4}-.*Z$/) as string, ms: expect.any(Number) as number, status: 204, answer: '' },
    ]);
  });

  test('keeps its id over all attempts, and has a time and a signature of its own in each', async () => {
    const receiver = await webhookReceiver((response, _request, number) => response.writeHead(number < 3 ? 500 : 200).end('ok'));
    const step = webhookStep();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await step.attempt({ url: receiver.url });
      // Signatures have seconds.
      if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 1001));
    }
    const headers = receiver.received.map((request) => request.headers);
    expect(new Set(headers.map((each) => each['webhook-id'])).size).toBe(1);
    expect(headers[0]?.['webhook-timestamp']).not.toBe(headers[2]?.['webhook-timestamp']);
    expect(headers[0]?.['webhook-signature']).not.toBe(headers[2]?.['webhook-signature']);
    for (const { body, headers: each } of receiver.received) expect(new Webhook(SECRET).verify(body, each)).toBeDefined();
  });

  test('has another id for another event', async () => {
    const receiver = await webhookReceiver();
    const step = webhookStep();
    for (const event of ['job-1/a', 'job-1/b', 'job-2/a']) await step.attempt({ url: receiver.url, event });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });

  test('is signed with each secret of its name, so that receivers can change from one to the next', async () => {
    const receiver = await webhookReceiver();
    await webhookStep({ webhookSecrets: { default: `${NEXT_SECRET} ${SECRET}` } }).attempt({ url: receiver.url });
    const { body, headers } = receiver.first();
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of [SECRET, NEXT_SECRET]) expect(new Webhook(secret).verify(body, headers)).toBeDefined();
    const stranger = new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
    expect(() => stranger.verify(body, headers)).toThrow('No matching signature');
  });

  test('names a secret that the worker does not have: waits, uses up no attempt, and no secret is told', async () => {
    const { error } = await webhookStep({ webhookSecrets: { shop: SECRET } }).attempt({ url: 'https://a.example/' });
    expect(error?.name).toBe('Snooze');
    expect(error?.message).toBe(
      'This worker has no webhook secret "default"; it has: shop. Set HOLDFAST_WEBHOOK_SECRET, or add it to the settings of the worker, and start it again.',
    );
  });
});

describe('the answer', () => {
  it.each([200, 201, 202, 204, 299])('%i is a delivery', async (status) => {
    expect((await attempted(answering(status))).error).toBeUndefined();
  });

  it.each([300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 422, 429, 500, 501, 502, 503, 504])(
    '%i is tried again',
    async (status) => {
      const { error, log } = await attempted(answering(status, { location: 'https://a.example/' }, 'not now'));
      expect(error).toMatchObject({ code: 'receiver-failed', retryable: true });
      expect(error?.message).toContain(`The receiver answered ${status} with: not now.`);
      expect(log.at(-1)).toMatchObject({ status, answer: 'not now', error: error?.message });
    },
  );

  test('410 is final: the receiver asked not to be called any more', async () => {
    const { error, log } = await attempted(answering(410, {}, 'bye'));
    expect(error).toMatchObject({ code: 'receiver-gone', retryable: false });
    expect(error?.message).toContain('asked not to be called any more');
    expect(log).toMatchObject([{ status: 410, answer: 'bye' }]);
  });

  test('that redirects is not followed, and says what to do', async () => {
    const target = await webhookReceiver();
    const { error } = await attempted(answering(307, { location: target.url }));
    expect(error?.message).toContain('Redirects are not followed: give the final URL.');
    expect(target.connections()).toBe(0);
  });

  it.each([
    ['7', 7000],
    ['0', 1000],
    ['999999999', 86_400_000],
  ])('with Retry-After %s is tried again after %i ms', async (header, waitMs) => {
    const { error } = await attempted(answering(503, { 'retry-after': header }));
    expect(error).toMatchObject({ name: 'RetryAfter', code: 'receiver-failed', waitMs });
  });

  it.each([
    ['Thu, 26 Nov 2026 00:00:30 GMT', 30_000],
    ['Thursday, 26-Nov-26 00:00:30 GMT', 30_000],
    ['Thu, 26 Nov 2020 00:00:30 GMT', 1000],
    ['120', 120_000],
    [' 3 ', 3000],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['99999999999', undefined],
    ['2026', 2_026_000],
  ])('Retry-After "%s" means %s ms', (header, waitMs) => {
    expect(retryAfterMs(header, Date.parse('2026-11-26T00:00:00Z'))).toBe(waitMs);
  });

  test('is shown by its start only, on one line, whatever bytes it has', async () => {
    const body = `line 1\r\nline 2\u0000${'x'.repeat(5000)}`;
    const { log } = await attempted(answering(200, {}, body));
    expect(log[0]?.answer).toHaveLength(300);
    expect(log[0]?.answer).toMatch(/^line 1 line 2 x+$/);
    const invalid: Respond = (response) => response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x41]));
    expect((await attempted(invalid)).log[0]?.answer).toBe('A');
  });

  test('that never ends is read for a moment only: its status counts', async () => {
    const endless: Respond = (response) => {
      response.writeHead(200);
      const write = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(write));
      };
      write();
    };
    const { log: ofEndless } = await attempted(endless);
    expect(ofEndless).toMatchObject([{ status: 200, answer: 'x'.repeat(300) }]);
    // Its first kilobyte was enough.
    expect(ofEndless[0]?.ms).toBeLessThan(900);
    const slow: Respond = (response) => void response.writeHead(200).write('and so ');
    const { log, error } = await attempted(slow);
    expect(error).toBeUndefined();
    expect(log[0]).toMatchObject({ status: 200, answer: 'and so' });
    expect(log[0]?.ms).toBeLessThan(5000);
  });

  test('with headers of more than 16 KB is none', async () => {
    const { error } = await attempted(answering(200, { 'x-large': 'x'.repeat(15_000), 'x-more': 'x'.repeat(15_000) }));
    expect(error).toMatchObject({ code: 'receiver-unavailable' });
  });
});

describe('no answer', () => {
  test('in time is tried again', async () => {
    const { error, log } = await attempted(() => undefined, { timeout: '1s' });
    expect(error).toMatchObject({ code: 'receiver-unavailable', retryable: true });
    expect(log).toMatchObject([{ status: null, answer: '', error: 'The receiver could not be reached: it did not answer in time' }]);
    expect(log[0]?.ms).toBeGreaterThanOrEqual(900);
  });

  test('from a port where nobody listens, or from a connection that is cut, is tried again', async () => {
    const { error } = await webhookStep().attempt({ url: 'http://127.0.0.1:1/' });
    expect(error).toMatchObject({ code: 'receiver-unavailable' });
    expect(error?.message).toContain('ECONNREFUSED');
    expect((await attempted((response) => response.destroy())).error).toMatchObject({ code: 'receiver-unavailable' });
  });

  test('because the job was cancelled is not in the log', async () => {
    const receiver = await webhookReceiver(() => cancel.abort(new Error('cancelled')));
    const cancel = new AbortController();
    const { error, log } = await webhookStep().attempt({ url: receiver.url }, cancel.signal);
    expect(error?.message).toBe('cancelled');
    expect(log).toEqual([]);
  });
});

test('the log has an entry for each attempt, oldest first, the newest 25 of them', async () => {
  const { url } = await webhookReceiver((response, _request, number) => response.writeHead(500).end(`no ${number}`));
  const step = webhookStep();
  let last: Attempted = { log: [] };
  for (let attempt = 1; attempt <= 27; attempt += 1) last = await step.attempt({ url });
  expect(last.log.map(({ answer }) => answer)).toEqual(Array.from({ length: 25 }, (_, index) => `no ${index + 3}`));
});
