/** What can be added as a notification: the contract with its defaults and limits, and the templates of mails. */
import { describe, expect, it, test } from 'vitest';
import { backoffMs, drawBackoffMs } from '../../../src/contract/retry.ts';
import { parseInput } from '../../../src/contract/validate.ts';
import { fillHtml, fillText, templateProblem } from '../../../src/jobs/mail-template.ts';
import { deliverEmail, deliverWebhook, sendNotification } from '../../../src/jobs/send-notification.ts';

const webhook = { url: 'https://shop.example/hooks', type: 'invoice.paid' };
const email = { to: 'ada@example.com', subject: 'Hi', text: 'there' };

describe('a notification', () => {
  test('has the secret, the mail server and the schedule that its parts leave out', async () => {
    expect(await parseInput(sendNotification, { webhook, email })).toEqual({
      webhook: { ...webhook, secret: 'default', data: {} },
      email: { ...email, to: ['ada@example.com'], server: 'default', values: {} },
      retry: { intervals: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'] },
    });
  });

  const valuesOf = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index}`, index]));
  const deep = JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`) as Record<string, never>;

  it.each<[string, object]>([
    ['data of 20 000 bytes', { webhook: { ...webhook, data: { a: 'x'.repeat(19_992) } } }],
    ['deep data', { webhook: { ...webhook, data: deep } }],
    ['a time of its own', { webhook: { ...webhook, timestamp: '2026-11-26T01:02:03+01:00' } }],
    ['100 recipients', { email: { ...email, to: Array.from({ length: 100 }, (_, index) => `a${index}@example.com`) } }],
    ['200 values', { email: { ...email, values: valuesOf(200) } }],
    ['a template by name', { email: { to: email.to, template: 'welcome', values: { name: 'Ada' } } }],
    ['one attempt', { webhook, retry: { maxAttempts: 1 } }],
    ['waits in ms', { webhook, retry: { intervals: [5000, '1m'] } }],
  ])('may have %s', async (_what, input) => {
    await expect(parseInput(sendNotification, input)).resolves.toBeDefined();
  });

  it.each<[string, object, string]>([
    ['nothing', {}, 'Expected webhook or email, or both.'],
    ['an unknown key', { webhook, sms: {} }, 'sms'],
    ['a secret itself', { webhook: { ...webhook, secret: 'whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw' } }, 'Expected a name of 1–50'],
    ['a type with spaces', { webhook: { ...webhook, type: 'invoice paid' } }, 'Expected the type of an event to be words'],
    ['a type with an empty word', { webhook: { ...webhook, type: 'invoice..paid' } }, 'Expected the type of an event'],
    ['a type of 201 characters', { webhook: { ...webhook, type: 'a'.repeat(201) } }, 'Expected the type of an event'],
    ['a time that is none', { webhook: { ...webhook, timestamp: 'yesterday' } }, 'webhook.timestamp'],
    [
      'data of over 20 000 bytes',
      { webhook: { ...webhook, data: { a: 'ü'.repeat(10_000) } } },
      'Expected data to be at most 20000 bytes of JSON, got: 20008.',
    ],
    ['data that is a list', { webhook: { ...webhook, data: [] } }, 'webhook.data'],
    ['no recipient', { email: { ...email, to: [] } }, 'email.to'],
    ['101 recipients', { email: { ...email, to: Array.from({ length: 101 }, (_, index) => `a${index}@example.com`) } }, 'email.to'],
    [
      'a recipient twice',
      { email: { ...email, to: ['ada@example.com', 'Ada@Example.com'] } },
      'Expected each recipient once, got twice: Ada@Example.com.',
    ],
    ['a mail without text', { email: { to: email.to, subject: 'a' } }, 'Expected a mail to have subject and text'],
    ['a mail with template and text', { email: { ...email, template: 'welcome' } }, 'Expected a mail to have subject and text'],
    ['a sender', { email: { ...email, from: 'eve@example.com' } }, 'from'],
    ['headers', { email: { ...email, headers: { bcc: 'eve@example.com' } } }, 'headers'],
    ['a mail of over 64 KB', { email: { ...email, html: 'x'.repeat(65_536) } }, 'Expected the mail to be at most 65536 bytes of JSON'],
    [
      'a placeholder without a value',
      { email: { ...email, html: '<b>{{name}}</b>' } },
      'Expected html to be a template that can be filled.',
    ],
    ['a value that is a list', { email: { ...email, values: { a: [] } } }, 'email.values.a'],
    ['201 values', { email: { ...email, values: valuesOf(201) } }, 'Expected at most 200 values.'],
    ['21 waits', { webhook, retry: { intervals: Array.from({ length: 21 }, () => '1s') } }, 'retry.intervals'],
    ['no wait', { webhook, retry: { intervals: [] } }, 'Expected retry.intervals to be a list of 1 to 100 durations'],
    ['a wait of nonsense', { webhook, retry: { intervals: ['soon'] } }, 'Expected each of retry.intervals to be a duration'],
    ['0 attempts', { webhook, retry: { maxAttempts: 0 } }, 'retry.maxAttempts'],
  ])('must not have %s', async (_what, input, message) => {
    await expect(parseInput(sendNotification, input)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('the schedule of both kinds of delivery', () => {
  const SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

  it.each([deliverWebhook, deliverEmail])('is the one of the Standard Webhooks specification, up to a tenth longer: $name', ({ retry }) => {
    expect(retry.maxAttempts).toBe(10);
    expect(SECONDS.map((_, index) => backoffMs(retry, index + 1) / 1000)).toEqual(SECONDS);
    for (const [index, seconds] of SECONDS.entries()) {
      const drawn = Array.from({ length: 50 }, () => drawBackoffMs(retry, index + 1) / 1000);
      expect(drawn.every((wait) => wait >= seconds && wait <= seconds * 1.1)).toBe(true);
    }
  });
});

describe('a template', () => {
  const values = { name: 'Ada & <Grace>', 'a.b-c_1': 1, yes: true, again: '{{name}}', quote: `"'` };

  it.each([
    ['{{name}}', 'Ada & <Grace>', 'Ada &amp; &lt;Grace&gt;'],
    ['{{ name }}{{yes}}{{a.b-c_1}}', 'Ada & <Grace>true1', 'Ada &amp; &lt;Grace&gt;true1'],
    ['<a href="{{quote}}">', `<a href=""'">`, '<a href="&quot;&#39;">'],
    ['{{again}}', '{{name}}', '{{name}}'],
    ['{{{name}}}', '{Ada & <Grace>}', '{Ada &amp; &lt;Grace&gt;}'],
    ['@media{a{color:red}}', '@media{a{color:red}}', '@media{a{color:red}}'],
    ['$& $1 {{name}} $`', '$& $1 Ada & <Grace> $`', '$& $1 Ada &amp; &lt;Grace&gt; $`'],
  ])('%s is filled', (template, text, html) => {
    expect([fillText(template, values), fillHtml(template, values), templateProblem(template, values)]).toEqual([text, html, undefined]);
  });

  it.each([
    ['{{nobody}}', 'It has the placeholder "{{nobody}}", and values has no "nobody".'],
    ['{{constructor}}', 'It has the placeholder "{{constructor}}"'],
    ['{{__proto__}}', 'It has the placeholder "{{__proto__}}"'],
    ['{{#if name}}', 'It has "{{" without a name'],
    ['{{name', 'It has "{{" without a name'],
    ['{{}}', 'It has "{{" without a name'],
    ['{{&name}}', 'It has "{{" without a name'],
  ])('%s cannot be filled', (template, problem) => {
    expect(templateProblem(template, values)).toContain(problem);
  });
});
