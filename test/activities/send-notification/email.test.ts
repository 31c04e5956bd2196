/** One mail, attempt by attempt, at a real SMTP server: what arrives, what each reply means, and what must never be sent. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { NotificationSettings } from '../../../src/activities/send-notification/settings.ts';
import { type Certificate, selfSigned } from '../../support/certificate.ts';
import { mailServer, type MailServerFixture, type TakenMail } from '../../support/mail-server.ts';
import { emailStep } from './run-delivery.ts';

const from = 'The Shop <no-reply@shop.example>';

function settingsFor({ port }: MailServerFixture, url = `smtp://127.0.0.1:${port}`): NotificationSettings {
  return { mailServers: { default: { url, from } } };
}

/** Headers of a mail by their names in small letters, folded lines joined. */
function headersOf({ raw }: TakenMail): Record<string, string> {
  const [head = ''] = raw.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

/** The body part of a content type, decoded. */
function partOf({ raw }: TakenMail, type: string): string {
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1];
  const parts = boundary === undefined ? [raw] : raw.split(`--${boundary}`);
  const part = parts.findLast((each) => each.includes(`Content-Type: ${type}`)) ?? '';
  const body = part.slice(part.indexOf('\r\n\r\n') + 4).trim();
  if (part.includes('Content-Transfer-Encoding: base64')) return Buffer.from(body, 'base64').toString();
  if (!part.includes('Content-Transfer-Encoding: quoted-printable')) return body;
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

describe('a mail', () => {
  test('arrives with its parts, from the configured sender, to one recipient', async () => {
    const server = await mailServer();
    const { error, log } = await emailStep(settingsFor(server)).attempt({
      to: 'ada@example.com',
      replyTo: 'help@shop.example',
      subject: 'Invoice {{ number }} for {{name}}',
      text: 'Dear {{name}},\nyou owe {{sum}} €.',
      html: '<p title="{{name}}">Dear <b>{{name}}</b>, you owe {{sum}} €.</p>',
      values: { name: 'Ada "<script>alert(1)</script>" & Söhne\'', number: 42, sum: 1.5 },
    });
    expect(error).toBeUndefined();
    const [mail] = server.mails;
    if (mail === undefined) throw new Error('Expected a mail.');
    expect(server.mails).toHaveLength(1);
    expect(mail).toMatchObject({ from: 'no-reply@shop.example', to: ['ada@example.com'] });
    const headers = headersOf(mail);
    expect(headers).toMatchObject({
      from: 'The Shop <no-reply@shop.example>',
      to: 'ada@example.com',
      'reply-to': 'help@shop.example',
      'auto-submitted': 'auto-generated',
      date: 'Thu, 26 Nov 2026 00:00:00 +0000',
      'message-id': expect.stringMatching(/^<[0-9a-f]{32}@shop\.example>$/) as string,
    });
    expect(headers['content-type']).toContain('multipart/alternative');
    const name = 'Ada "<script>alert(1)</script>" & Söhne\'';
    expect(partOf(mail, 'text/plain')).toBe(`Dear ${name},\r\nyou owe 1.5 €.`);
    const escaped = 'Ada &quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot; &amp; Söhne&#39;';
    expect(partOf(mail, 'text/html')).toBe(`<p title="${escaped}">Dear <b>${escaped}</b>, you owe 1.5 €.</p>`);
    expect(log).toEqual([
      { at: expect.any(String) as string, ms: expect.any(Number) as number, status: 250, answer: expect.stringMatching(/^250 /) as string },
    ]);
  });

  test('is the same mail in each attempt, byte for byte, and another one for another recipient or event', async () => {
    const server = await mailServer({ refuse: (_address, times) => (times === 1 ? { code: 451, message: 'later' } : undefined) });
    const step = emailStep(settingsFor(server));
    const input = { subject: 'Hi', text: 'there', html: '<p>there</p>' };
    expect((await step.attempt(input)).error).toMatchObject({ code: 'receiver-unavailable' });
    await step.attempt(input);
    await step.attempt(input);
    const [one, other] = server.mails;
    expect(one?.raw).toBe(other?.raw);
    for (const more of [{ event: 'job-2/2026' }, { to: 'grace@example.com' }]) {
      await step.attempt({ ...input, ...more });
      await step.attempt({ ...input, ...more });
    }
    expect(new Set(server.mails.map((mail) => headersOf(mail)['message-id'])).size).toBe(3);
  });

  test('is made of a template of the worker by its name', async () => {
    const server = await mailServer();
    const templates = { welcome: { subject: 'Welcome {{name}}', text: 'Hi {{name}}', html: '<b>{{name}}</b>' } };
    const step = emailStep({ ...settingsFor(server), templates });
    expect((await step.attempt({ template: 'welcome', values: { name: '<Ada>' } })).error).toBeUndefined();
    expect(partOf(server.mails[0] as TakenMail, 'text/html')).toBe('<b>&lt;Ada&gt;</b>');
    expect((await step.attempt({ template: 'goodbye' })).error).toMatchObject({
      name: 'Snooze',
      message: 'This worker has no template "goodbye"; it has: welcome. Add it to the settings of the worker, and start it again.',
    });
    expect((await step.attempt({ template: 'welcome' })).error).toMatchObject({
      code: 'invalid-input',
      message: 'Expected subject to be a template that can be filled. It has the placeholder "{{name}}", and values has no "name".',
    });
    expect(server.mails).toHaveLength(1);
  });

  test('names a mail server that the worker does not have: waits, and uses up no attempt', async () => {
    const { error } = await emailStep({}).attempt({ subject: 'a', text: 'b' });
    expect(error).toMatchObject({
      name: 'Snooze',
      message: expect.stringContaining('no mail server "default"; it has: none') as string,
    });
  });
});

describe('the reply', () => {
  const mail = { subject: 'Hi', text: 'there' };

  it.each([
    [421, 'receiver-unavailable'],
    [450, 'receiver-unavailable'],
    [451, 'receiver-unavailable'],
    [452, 'receiver-unavailable'],
    [550, 'mail-rejected'],
    [552, 'mail-rejected'],
    [554, 'mail-rejected'],
  ])('%i to the recipient means %s', async (reply, code) => {
    const server = await mailServer({ refuse: () => ({ code: reply, message: 'says the server' }) });
    const { error, log } = await emailStep(settingsFor(server)).attempt(mail);
    expect(error).toMatchObject({ code });
    expect(error?.message).toContain(`${reply} says the server`);
    expect(log).toMatchObject([{ status: reply, answer: expect.stringContaining(`${reply} says the server`) as string }]);
  });

  it.each([
    [451, 'receiver-unavailable'],
    [552, 'mail-rejected'],
  ])('%i to the text means %s', async (reply, code) => {
    const server = await mailServer({
      options: {
        onData(stream, _session, done) {
          stream.resume().on('end', () => done(Object.assign(new Error('no'), { responseCode: reply })));
        },
      },
    });
    expect((await emailStep(settingsFor(server)).attempt(mail)).error).toMatchObject({ code });
  });

  test('of a server that refuses everybody is tried again, since it says nothing about the mail', async () => {
    const server = await mailServer({
      options: { onConnect: (_session, done) => done(Object.assign(new Error('busy'), { responseCode: 554 })) },
    });
    expect((await emailStep(settingsFor(server)).attempt(mail)).error).toMatchObject({ code: 'receiver-unavailable', retryable: true });
  });

  test('that never comes is not waited for beyond the time limit', async () => {
    const server = await mailServer({ options: { onMailFrom: () => undefined } });
    const { error, log } = await emailStep({ ...settingsFor(server), timeout: '1s' }).attempt(mail);
    expect(error).toMatchObject({ code: 'receiver-unavailable' });
    expect(log[0]?.ms).toBeLessThan(3000);
  });

  test('of nobody is tried again', async () => {
    const { error } = await emailStep({ mailServers: { default: { url: 'smtp://127.0.0.1:1', from } } }).attempt(mail);
    expect(error).toMatchObject({ code: 'receiver-unavailable', message: expect.stringContaining('ECONNREFUSED') as string });
  });
});

describe('encryption', () => {
  let certificate: Certificate;
  beforeAll(() => {
    certificate = selfSigned('IP:127.0.0.1', 'IP:0.0.0.0', 'DNS:localhost');
  });
  const mail = { subject: 'Hi', text: 'there' };
  /** This machine, by an address that is not its loopback's: to the settings it is another one. */
  const elsewhere = '0.0.0.0';

  test('is required off loopback: without STARTTLS no mail and no password goes there', async () => {
    const said: string[] = [];
    const server = await mailServer({
      options: { onAuth: ({ username }, _session, done) => (said.push(username ?? ''), done(null, { user: username })) },
    });
    const step = emailStep(settingsFor(server, `smtp://ada:secret@${elsewhere}:${server.port}`));
    const { error } = await step.attempt(mail);
    expect(error).toMatchObject({ code: 'receiver-unavailable', retryable: true });
    expect(error?.message).not.toContain('secret');
    expect([server.mails, server.named, said]).toEqual([[], [], []]);
  });

  it.each([
    ['STARTTLS', 'smtp', {}],
    ['TLS from the first byte', 'smtps', { secure: true }],
  ])('by %s carries login and mail', async (_how, scheme, options) => {
    const server = await mailServer({
      options: {
        ...options,
        ...certificate,
        disabledCommands: [],
        authOptional: false,
        onAuth: ({ username, password }, _session, done) =>
          password === 'p@ss word' ? done(null, { user: username }) : done(Object.assign(new Error('wrong'), { responseCode: 535 })),
      },
    });
    const settings = (password: string): NotificationSettings => ({
      mailServers: {
        default: { url: `${scheme}://ada:${encodeURIComponent(password)}@${elsewhere}:${server.port}`, from, ca: certificate.cert },
      },
    });
    expect((await emailStep(settings('p@ss word')).attempt(mail)).error).toBeUndefined();
    expect(server.mails).toMatchObject([{ isEncrypted: true, user: 'ada' }]);
    const { error } = await emailStep(settings('wrong one')).attempt(mail);
    expect(error).toMatchObject({ code: 'not-configured', retryable: true });
    expect(error?.message).toContain('refused the login');
    expect(error?.message).not.toContain('wrong one');
  });

  test('with a certificate that nobody vouches for is none', async () => {
    const server = await mailServer({ options: { ...certificate, disabledCommands: [] } });
    const { error } = await emailStep(settingsFor(server, `smtp://${elsewhere}:${server.port}`)).attempt(mail);
    expect(error).toMatchObject({ code: 'receiver-unavailable' });
    expect(error?.message).toMatch(/self-signed|certificate/);
    expect(server.mails).toEqual([]);
  });
});

describe('what would add a header, a recipient or a second mail', () => {
  const ADDRESSES = [
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com\nBcc: eve@example.com',
    'ada@example.com\r',
    'ada@example.com\u0000',
    'ada@example.com%0d%0aBcc:eve@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com eve@example.com',
    'Ada <ada@example.com>',
    '<ada@example.com>',
    '"ada\r\nBcc: eve"@example.com',
    '"ada@evil.example "@example.com',
    '"ada"@example.com',
    'ada(comment)@example.com',
    'group: ada@example.com;',
    'ada@example.com> SIZE=1 <eve@example.com',
    'ada@example.com\u2028eve@example.com',
    'ada@example.com\u0085',
    'ada@exam ple.com',
    'ada@',
    '@example.com',
    'ada@@example.com',
    'ada@eve@example.com',
    '.ada@example.com',
    'ada..b@example.com',
    'ada@example',
    'ada@-example.com',
    'ada@example.com.',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ädä@example.com',
    'ada@exämple.com',
    'ada@example.com\u202e',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.com`,
    '',
    ' ada@example.com',
    'ada@example.com\t',
  ];
  const SUBJECTS = [
    'Hi\r\nBcc: eve@example.com',
    'Hi\nBcc: eve@example.com',
    'Hi\rBcc: eve@example.com',
    'Hi\r\n\r\n<script>',
    'Hi\u0000',
    'Hi\u0085Bcc: eve@example.com',
    'Hi\u2028Bcc: eve@example.com',
    'Hi\u2029',
    'Hi\tthere',
    'Hi\u007f',
  ];
  let server: MailServerFixture;
  const step = async (): Promise<ReturnType<typeof emailStep>> => emailStep(settingsFor((server = await mailServer())));

  it.each(ADDRESSES)('is no recipient and no reply address: %j', async (address) => {
    const delivery = await step();
    for (const field of ['to', 'replyTo'])
      expect((await delivery.attempt({ subject: 'a', text: 'b', [field]: address })).error).toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining('Expected one plain mail address') as string,
      });
    expect(server.named).toEqual([]);
  });

  it.each([...SUBJECTS, '', 'x'.repeat(501)])('is no subject: %j', async (subject) => {
    const delivery = await step();
    expect((await delivery.attempt({ subject, text: 'b' })).error).toMatchObject({ code: 'invalid-input' });
    expect(server.named).toEqual([]);
  });

  it.each(SUBJECTS)('is not filled into a subject: %j', async (subject) => {
    const delivery = await step();
    expect((await delivery.attempt({ subject: 'Re: {{s}}', text: 'b', values: { s: subject } })).error).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('once its values are filled in') as string,
    });
    expect(server.named).toEqual([]);
  });

  test('stays text where text may have lines', async () => {
    const delivery = await step();
    const text = 'a\r\n.\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<eve@example.com>\r\nDATA\r\nSubject: eve\r\n\r\n.\r\nQUIT\r\n{{v}}';
    await delivery.attempt({ subject: 'a', text, html: '<p>\r\n.\r\n{{v}}</p>', values: { v: 'x\r\n.\r\nRSET' } });
    expect(server.named).toEqual(['ada@example.com']);
    expect(server.mails).toHaveLength(1);
    expect(partOf(server.mails[0] as TakenMail, 'text/plain')).toContain('RCPT TO:<eve@example.com>');
  });

  test('reads no file and asks for no address', async () => {
    const delivery = await step();
    const objects = { path: '/etc/passwd' };
    for (const field of ['text', 'html', 'subject'])
      expect((await delivery.attempt({ subject: 'a', text: 'b', [field]: objects })).error).toMatchObject({ code: 'invalid-input' });
    expect((await delivery.attempt({ subject: 'a', text: 'b', attachments: [objects] } as never)).error).toMatchObject({
      code: 'invalid-input',
    });
    expect(server.mails).toEqual([]);
  });
});

test('the fixture is a real server: it greets', async () => {
  const { port } = await mailServer();
  const socket = connect(port, '127.0.0.1');
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(greeting.toString()).toMatch(/^220 /);
});
