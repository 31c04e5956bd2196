/** What a worker may be told about notifications, in code and by its environment; and that no message tells a secret. */
import { describe, expect, it, test } from 'vitest';
import { configured, type NotificationSettings, notifying } from '../../../src/activities/send-notification/settings.ts';
import { NEXT_SECRET, SECRET } from './run-delivery.ts';

const env = {};

describe('the settings', () => {
  test('have defaults, and nothing that a job could name', () => {
    const known = notifying({ env });
    expect(known).toMatchObject({ perReceiver: 2, timeoutMs: 15_000 });
    expect([known.secrets.size, known.mailServers.size, known.templates.size]).toEqual([0, 0, 0]);
    expect(known.isAllowed({ host: '127.0.0.1', address: '127.0.0.1', port: 80 })).toBe(false);
  });

  test('are read from the environment, name by name', () => {
    const known = notifying({
      env: {
        HOLDFAST_WEBHOOK_SECRET: SECRET,
        HOLDFAST_WEBHOOK_SECRET_BIG_SHOP: `${NEXT_SECRET} ${SECRET}`,
        HOLDFAST_SMTP_URL: 'smtp://ada:p%40ss@mail.example',
        HOLDFAST_SMTP_URL_NEWS: 'smtps://[2001:db8::1]:4650',
        HOLDFAST_MAIL_FROM: 'The Shop <no-reply@shop.example>',
        HOLDFAST_WEBHOOK_ALLOW: 'hooks.corp.test 10.0.0.0/8',
        // Kubernetes tells of a service named holdfast-smtp-url.
        HOLDFAST_SMTP_URL_PORT: 'tcp://10.0.0.1:25',
      },
    });
    expect([...known.secrets]).toEqual([
      ['default', [SECRET]],
      ['big-shop', [NEXT_SECRET, SECRET]],
    ]);
    expect([...known.mailServers]).toEqual([
      [
        'default',
        {
          host: 'mail.example',
          port: 587,
          isImplicitTls: false,
          isLoopback: false,
          auth: { user: 'ada', pass: 'p@ss' },
          from: { name: 'The Shop', address: 'no-reply@shop.example' },
          ca: undefined,
        },
      ],
      ['news', expect.objectContaining({ host: '2001:db8::1', port: 4650, isImplicitTls: true, auth: undefined })],
    ]);
    expect(known.isAllowed({ host: 'a.test', address: '10.9.9.9', port: 443 })).toBe(true);
  });

  test('that are given go before those of the environment, name by name', () => {
    const known = notifying({
      env: { HOLDFAST_WEBHOOK_SECRET: SECRET, HOLDFAST_WEBHOOK_SECRET_SHOP: SECRET, HOLDFAST_WEBHOOK_ALLOW: 'a.test' },
      webhookSecrets: { shop: [NEXT_SECRET] },
      allowedHosts: [],
    });
    expect([...known.secrets]).toEqual([
      ['default', [SECRET]],
      ['shop', [NEXT_SECRET]],
    ]);
    expect(known.isAllowed({ host: 'a.test', address: '10.9.9.9', port: 443 })).toBe(false);
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '[::1]'])('take a mail server at %s for this machine', (host) => {
    const { mailServers } = notifying({ env, mailServers: { default: { url: `smtp://${host}:25`, from: 'a@b.example' } } });
    expect(mailServers.get('default')?.isLoopback).toBe(true);
  });

  it.each(['0.0.0.0', 'localhost.example', '127.0.0.1.example', '[::ffff:127.0.0.1]', '10.0.0.1', 'mail'])(
    'take a mail server at %s for another machine',
    (host) => {
      const { mailServers } = notifying({ env, mailServers: { default: { url: `smtp://${host}:25`, from: 'a@b.example' } } });
      expect(mailServers.get('default')?.isLoopback).toBe(false);
    },
  );
});

describe('settings are refused', () => {
  const password = 'hunter2';
  const from = 'a@b.example';

  it.each<[string, NotificationSettings | object, string]>([
    ['with an unknown key', { secrets: {} }, 'Unknown notification settings: "secrets". Known are: webhookSecrets, '],
    [
      'with a secret without its prefix',
      { webhookSecrets: { default: password } },
      'Expected each webhook secret "default" to be "whsec_"',
    ],
    ['with a secret of 23 bytes', { webhookSecrets: { default: `whsec_${Buffer.alloc(23).toString('base64')}` } }, '24 to 64 bytes'],
    ['with a secret of 65 bytes', { webhookSecrets: { default: `whsec_${Buffer.alloc(65).toString('base64')}` } }, '24 to 64 bytes'],
    ['with a secret that is not base64', { webhookSecrets: { default: `${SECRET}!` } }, '24 to 64 bytes'],
    ['with no secret in a list', { webhookSecrets: { default: [] } }, '24 to 64 bytes'],
    [
      'with an odd name',
      { webhookSecrets: { 'My Shop': SECRET } },
      'Expected the name of a webhook secret to be 1–50 of a–z 0–9 -, got: "My Shop".',
    ],
    ['with a mail server over http', { mailServers: { default: { url: `http://a:${password}@b`, from } } }, 'to be smtp://… or smtps://…'],
    ['with a mail server that is no URL', { mailServers: { default: { url: password, from } } }, 'to be smtp://… or smtps://…'],
    [
      'with a mail server with a query',
      { mailServers: { default: { url: `smtp://a:${password}@b?tls=no`, from } } },
      'to be smtp://… or smtps://…',
    ],
    [
      'with a mail server without a sender',
      { mailServers: { default: { url: 'smtp://b', from: '' } } },
      'The sender of the mail server "default" is not usable.',
    ],
    ['with a sender that is a list', { mailServers: { default: { url: 'smtp://b', from: 'a@b.example, c@d.example' } } }, 'is not usable.'],
    ['with a sender of two lines', { mailServers: { default: { url: 'smtp://b', from: 'A\r\nBcc: e <a@b.example>' } } }, 'is not usable.'],
    [
      'with an unknown key of a mail server',
      { mailServers: { default: { url: 'smtp://b', from, tls: false } } },
      'Unknown settings of the mail server "default": "tls".',
    ],
    ['with half a template', { templates: { hi: { subject: 'a' } } }, 'Expected the template "hi" to have subject and text'],
    [
      'with an unknown part of a template',
      { templates: { hi: { subject: 'a', text: 'b', body: 'c' } } },
      'Unknown parts of the template "hi": "body".',
    ],
    ['with 0 places a receiver', { perReceiver: 0 }, 'Expected perReceiver to be a whole number from 1 to 1000, got: 0.'],
    ['with a time limit of 0.5 s', { timeout: 500 }, 'Expected timeout to be between 1 s and 60 s, got: 500.'],
    ['with a time limit of 2 min', { timeout: '2m' }, 'Expected timeout to be between 1 s and 60 s, got: "2m".'],
    ['with an allowed URL', { allowedHosts: ['http://a'] }, 'Expected an allowed host to be a name, an address or address/bits'],
    ['of a wrong environment', { env: { HOLDFAST_WEBHOOK_SECRETS: SECRET } }, 'Known variables: '],
  ])('%s, and no message tells a secret', (_what, settings, message) => {
    const refused = (): unknown => notifying({ env, ...settings });
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(password);
    expect(refused).not.toThrow(SECRET);
  });
});

test('what is not there is told by its name, with the names that are', () => {
  expect(() =>
    configured(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      'c',
      'mail server',
    ),
  ).toThrow(
    expect.objectContaining({
      name: 'Snooze',
      message:
        'This worker has no mail server "c"; it has: a, b. Set HOLDFAST_SMTP_URL_C, or add it to the settings of the worker, and start it again.',
    }),
  );
});
