/** Where webhooks may go: no internal address, however it is spelled, resolved or redirected to; and what the settings allow. */
import ipaddr from 'ipaddr.js';
import { describe, expect, it, test } from 'vitest';
import { allowedHosts } from '../../../src/activities/send-notification/allowed-hosts.ts';
import { isPublicAddress } from '../../../src/activities/public-address.ts';
import { nameServer } from '../../support/dns-server.ts';
import { seeded } from '../../support/random.ts';
import { webhookReceiver } from '../../support/webhook-receiver.ts';
import { webhookStep } from './run-delivery.ts';

/** Each leads to a place that a public webhook must not reach, or tries to be read as another host than it is. */
const TRICKS = [
  // Loopback, in every spelling that URL parsers know.
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://127.255.255.254/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0x7f.1/',
  'https://017700000001/',
  'https://0177.0.0.1/',
  'https://0177.0x0.0.01/',
  'https://127.0.0.1./',
  'https://%31%32%37.0.0.1/',
  'https://①②⑦.⓪.⓪.①/',
  'https://127。0。0。1/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[0000:0000:0000:0000:0000:0000:0000:0001]/',
  'https://localhost/',
  'https://LOCALHOST/',
  // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP's link-local.
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[::ffff:0:127.0.0.1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::10.0.0.1]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::]/',
  'https://[2002:c0a8:101::1]/',
  'https://[2001:0:7f00:1::]/',
  'https://[fe80::5efe:7f00:1]/',
  // Private, link-local with the metadata services of clouds, carrier-grade NAT.
  'https://10.0.0.1/',
  'https://10.255.255.255/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://3232235777/',
  'https://169.254.169.254/latest/meta-data/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://169.254.170.2/',
  'https://100.64.0.1/',
  'https://100.100.100.200/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[fec0::1]/',
  // Nobody's, everybody's, and what is set aside.
  'https://0.0.0.0/',
  'https://0/',
  'https://0.1.2.3/',
  'https://[::]/',
  'https://255.255.255.255/',
  'https://224.0.0.1/',
  'https://240.0.0.1/',
  'https://192.0.0.8/',
  'https://192.0.2.1/',
  'https://192.88.99.1/',
  'https://198.18.0.1/',
  'https://198.51.100.1/',
  'https://203.0.113.1/',
  'https://[ff02::1]/',
  'https://[100::1]/',
  'https://[2001:db8::1]/',
  'https://[2001:10::1]/',
  'https://[3fff::1]/',
  'https://[5f00::1]/',
];

/** What no URL of a webhook may be: the contract refuses these before anything is called. */
const NO_WEBHOOKS = [
  'ftp://a.example/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:25/',
  'unix:/var/run/docker.sock',
  'data:text/plain,hi',
  'javascript:alert(1)',
  '//a.example/',
  'a.example/hooks',
  'https:a.example',
  'https:/a.example',
  'https:///127.0.0.1/',
  'https://',
  'https://user@a.example/',
  'https://user:password@127.0.0.1/',
  'https://a.example@127.0.0.1/',
  'https://a.example#@127.0.0.1/',
  'https://a.example\\@127.0.0.1/',
  'https://127.0.0.1\\.a.example/',
  'https://a.example/\r\nHost: 127.0.0.1',
  'https://a.example/\thooks',
  'https://a.example /',
  'https://a.exa\u0000mple/',
  'https://a.example/#fragment',
  'https://[::1',
  'https://[fe80::1%25eth0]/',
  'https://256.256.256.256/',
  'https://1.2.3.4.5/',
  `https://a.example/${'x'.repeat(2000)}`,
];

describe('an internal address', () => {
  it.each(TRICKS)('is refused: %s', async (url) => {
    const { error } = await webhookStep({ allowedHosts: [] }).attempt({ url });
    expect(error).toMatchObject({ code: 'receiver-refused', retryable: false });
    expect(error?.message).toMatch(/has an address that is not public\. .* allowedHosts\.$/);
  });

  it.each(NO_WEBHOOKS)('hides behind no odd URL: %j', async (url) => {
    const { error } = await webhookStep({ allowedHosts: [] }).attempt({ url });
    expect(error).toMatchObject({ code: 'invalid-input' });
    expect(error?.message).toContain('Expected url to be an https URL without user and fragment');
  });

  test('gets no connection, on IPv4 and IPv6', async () => {
    const [one, other] = await Promise.all([webhookReceiver(), webhookReceiver(undefined, '::1').catch(() => undefined)]);
    const ports = [one.port, other?.port ?? one.port];
    for (const port of ports)
      for (const host of ['127.0.0.1', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '0.0.0.0', '[::]']) {
        for (const scheme of ['http', 'https'])
          expect((await webhookStep({ allowedHosts: [] }).attempt({ url: `${scheme}://${host}:${port}/` })).error).toMatchObject({
            code: 'receiver-refused',
          });
      }
    expect([one.connections(), other?.connections() ?? 0]).toEqual([0, 0]);
  });

  test('behind a name is refused, and one among public ones is enough', async () => {
    const trap = await webhookReceiver();
    const names = await nameServer((name) => (name === 'mixed.test' ? ['93.184.215.14', '127.0.0.1'] : ['127.0.0.1']));
    const step = webhookStep({ allowedHosts: [], resolve: names.resolve });
    for (const name of ['inside.test', 'mixed.test']) {
      const { error } = await step.attempt({ url: `https://${name}:${trap.port}/` });
      expect(error).toMatchObject({ code: 'receiver-refused' });
      expect(error?.message).not.toContain('127.0.0.1');
    }
    expect(names.asked).toEqual(['inside.test', 'mixed.test']);
    expect(trap.connections()).toBe(0);
  });

  test('is not reached by a name that has become another one since it was checked', async () => {
    const trap = await webhookReceiver();
    // Public when it is looked at, and loopback from then on. Port 1 of the public one answers nobody.
    const names = await nameServer((_name, times) => [times === 1 ? '93.184.215.14' : '127.0.0.1']);
    const step = webhookStep({ allowedHosts: [], resolve: names.resolve, timeout: '1s' });
    expect((await step.attempt({ url: `https://rebinding.test:${trap.port}/` })).error).toMatchObject({ code: 'receiver-unavailable' });
    expect(names.asked).toEqual(['rebinding.test']);
    expect((await step.attempt({ url: `https://rebinding.test:${trap.port}/` })).error).toMatchObject({ code: 'receiver-refused' });
    expect(trap.connections()).toBe(0);
  });

  test('is not reached by a redirect of a host that may be called', async () => {
    const trap = await webhookReceiver();
    for (const location of [trap.url, 'http://169.254.169.254/latest/meta-data/', '//127.0.0.1/', '/hooks?again']) {
      const open = await webhookReceiver((response) => response.writeHead(302, { location }).end());
      const { error } = await webhookStep({ allowedHosts: [`127.0.0.1:${open.port}`] }).attempt({ url: open.url });
      expect(error).toMatchObject({ code: 'receiver-failed' });
      expect(open.received).toHaveLength(1);
    }
    expect(trap.connections()).toBe(0);
  });

  test('is not reached through a proxy that the environment names', async () => {
    const proxy = await webhookReceiver();
    process.env['HTTPS_PROXY'] = proxy.url;
    process.env['https_proxy'] = proxy.url;
    try {
      expect((await webhookStep({ allowedHosts: [] }).attempt({ url: 'https://10.0.0.1/' })).error).toMatchObject({
        code: 'receiver-refused',
      });
    } finally {
      delete process.env['HTTPS_PROXY'];
      delete process.env['https_proxy'];
    }
    expect(proxy.connections()).toBe(0);
  });
});

describe('an allowed host', () => {
  const target = (host: string, address: string, port = 443) => ({ host, address, port });

  it.each([
    ['hooks.corp.test', target('hooks.corp.test', '10.0.0.1'), true],
    ['Hooks.Corp.test', target('hooks.corp.test', '10.0.0.1'), true],
    ['hooks.corp.test', target('other.hooks.corp.test', '10.0.0.1'), false],
    ['hooks.corp.test:8080', target('hooks.corp.test', '10.0.0.1', 8080), true],
    ['hooks.corp.test:8080', target('hooks.corp.test', '10.0.0.1', 8081), false],
    ['10.0.0.0/8', target('a.test', '10.200.0.1'), true],
    ['10.0.0.0/8', target('a.test', '11.0.0.1'), false],
    ['10.0.0.0/8', target('a.test', '::ffff:10.0.0.1'), false],
    ['fd00::/8', target('a.test', 'fd00::1'), true],
    ['127.0.0.1', target('127.0.0.1', '127.0.0.1', 9), true],
    ['127.0.0.1:80', target('a.test', '127.0.0.1', 80), true],
    ['127.0.0.1:80', target('127.0.0.1', '127.0.0.1', 81), false],
    ['::1', target('::1', '::1', 81), true],
    ['[::1]:80', target('::1', '::1', 80), true],
    ['[::1]:80', target('::1', '::1', 81), false],
  ])('%s is asked for %j: %s', (entry, where, isAllowed) => {
    expect(allowedHosts([entry])(where)).toBe(isAllowed);
  });

  it.each(['', 'http://a.test', 'a.test/path', '10.0.0.0/33', '10.0.0/8', 'a test', '[::1', '10.0.0.0/', '*:80 '])(
    '%j is none',
    (entry) => {
      expect(() => allowedHosts([entry])).toThrow('Expected an allowed host to be a name, an address or address/bits');
    },
  );

  test('may be called without TLS, and a public one may not', async () => {
    const receiver = await webhookReceiver();
    expect((await webhookStep({ allowedHosts: ['127.0.0.0/8'] }).attempt({ url: receiver.url })).error).toBeUndefined();
    const { error } = await webhookStep({ allowedHosts: [] }).attempt({ url: 'http://93.184.215.14/' });
    expect(error).toMatchObject({ code: 'receiver-refused' });
    expect(error?.message).toContain('would be called without TLS');
  });
});

describe('public addresses', () => {
  const random = seeded(20_261_126);
  const v4 = (): string => Array.from({ length: 4 }, () => Math.floor(random() * 256)).join('.');
  const v6 = (): string => Array.from({ length: 8 }, () => Math.floor(random() * 65_536).toString(16)).join(':');

  test('are only such as ipaddr.js takes for unicast ones, of 20 000 drawn and all tricks', () => {
    const drawn = Array.from({ length: 10_000 }, () => [v4(), v6()]).flat();
    const special = drawn.filter((address) => ipaddr.process(address).range() !== 'unicast');
    expect(special.length).toBeGreaterThan(1000);
    expect(special.filter(isPublicAddress)).toEqual([]);
    expect(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '2a00:1450:4001::1'].filter((address) => !isPublicAddress(address))).toEqual([]);
    expect(['', 'a.example', 'fe80::1%eth0', '1.2.3', '127.0.0.1:80'].filter(isPublicAddress)).toEqual([]);
  });
});
