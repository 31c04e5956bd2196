import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { addPlan } from '../../../src/contract/add-options.ts';
import { defineJob } from '../../../src/contract/define-job.ts';
import { readRunOptions } from '../../../src/contract/messages.ts';
import { noticePlans } from '../../../src/contract/notices.ts';
import { runTimeoutMs } from '../../../src/contract/time-limits.ts';

const url = 'https://shop.example:8443/hooks';
const to = 'ada@example.com';
const input = z.object({});
const plain = defineJob({ name: 'plain', input });
const told = defineJob({ name: 'told', input, notify: { on: 'failed', webhook: { url } } });

describe('notices', () => {
  test('are told of any end unless they say which', () => {
    expect(noticePlans({ webhook: { url } })).toEqual([
      { on: ['completed', 'failed', 'cancelled'], webhook: { url }, key: 'shop.example:8443' },
    ]);
    expect(noticePlans({ on: ['failed', 'completed'], email: { to } })).toEqual([{ on: ['completed', 'failed'], email: { to: [to] } }]);
    expect(noticePlans({ on: 'cancelled', email: { to: [to.toUpperCase(), to], server: 'news', template: 'end' }, queue: 'mine' })).toEqual(
      [{ on: ['cancelled'], email: { to: [to], server: 'news', template: 'end' }, queue: 'mine' }],
    );
  });

  test('of a type travel with its jobs; those of a job take their place, and none at all is said as well', () => {
    const ofType = noticePlans({ on: 'failed', webhook: { url } });
    expect(addPlan(plain).runOptions).toBeUndefined();
    expect(addPlan(plain, { notify: [] }).runOptions).toBeUndefined();
    expect(addPlan(told).runOptions).toEqual({ notify: ofType });
    expect(addPlan(told, { notify: { email: { to } } }).runOptions).toEqual({ notify: noticePlans({ email: { to } }) });
    expect(addPlan(told, { notify: [] }).runOptions).toEqual({ notify: [] });
  });

  test('arrive over the wire as they were sent', () => {
    const notify = noticePlans([{ webhook: { url, secret: 'shop' } }, { on: 'failed', email: { to }, queue: 'mine' }]);
    expect(readRunOptions(JSON.parse(JSON.stringify({ notify })) as object)).toEqual({ notify });
    expect(readRunOptions({ notify: [{ on: ['failed'], webhook: { url }, key: 'ä'.repeat(70) }] })).toEqual({
      notify: [{ on: ['failed'], webhook: { url } }],
    });
    for (const wrong of [
      'x',
      [1],
      [{ on: 'sometimes' }],
      [{ on: ['failed'], queue: '' }],
      Array.from({ length: 6 }, () => ({ on: 'any' })),
    ])
      expect(() => readRunOptions({ notify: wrong as never })).toThrow(expect.objectContaining({ code: 'invalid-options' }));
  });

  test('give the server a day more until it ends the job by itself: they come after the deadline', () => {
    expect(runTimeoutMs({ deadlineMs: 1000 })).toBe(1000);
    expect(runTimeoutMs({ deadlineMs: 1000, notify: noticePlans({ email: { to } }) })).toBe(86_401_000);
  });

  it.each<[object, string]>([
    [{}, 'Expected notify to be given a webhook or an email, got: an object.'],
    [{ webhook: { url }, sms: {} }, 'Unknown keys of notify: "sms". Known are: on, webhook, email, queue.'],
    [
      { on: 'done', webhook: { url } },
      'Expected notify.on to be "completed", "failed", "cancelled", a list of these, or "any", got: "done".',
    ],
    [{ on: [], webhook: { url } }, 'Expected notify.on to be'],
    [{ on: ['failed', 'any'], webhook: { url } }, 'Expected notify.on to be'],
    [{ webhook: { url: 'ftp://a' } }, 'Expected notify.webhook.url to be usable. Expected url to be an https URL'],
    [{ webhook: { url, key: 'x' } }, 'Unknown keys of notify.webhook: "key".'],
    [{ webhook: { url, secret: 'Not A Name' } }, 'Expected the secret of a notice to be a name of 1–50 of a–z 0–9 -, got: "Not A Name".'],
    [{ email: { to: 'Ada <ada@example.com>' } }, 'Expected notify.email.to to be usable. Expected one plain mail address'],
    [{ email: { to: [] } }, 'Expected notify.email.to to be one address or a list of 1 to 100, got: an array of 0.'],
    [{ email: { to, subject: 'x' } }, 'Unknown keys of notify.email: "subject".'],
    [{ email: { to }, queue: 'a\nb' }, 'Expected notify.queue to be a text of 1 to 200 characters'],
    [Array.from({ length: 6 }, () => ({ email: { to } })), 'Expected notify to be one notice or a list of at most 5, got: an array of 6.'],
  ])('%j are refused', (notify, message) => {
    for (const refused of [() => addPlan(plain, { notify }), () => defineJob({ name: 'x', input, notify })]) {
      expect(refused).toThrow(expect.objectContaining({ code: 'invalid-options' }));
      expect(refused).toThrow(message);
    }
  });
});
