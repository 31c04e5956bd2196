/** The parts of access control by themselves: keys in a file, limits, guards, the audit log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { type AuditEntry, AuditLog } from '../../../src/server/access/audit.ts';
import { KeyFile } from '../../../src/server/access/keys.ts';
import { RateLimit } from '../../../src/server/access/rate-limit.ts';
import { checkBind, checkHost, checkOrigin } from '../../../src/server/access/request-guard.ts';

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-access-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('keys', () => {
  test('are shown once, kept as digests that only their owner may read, and known by every reader of the file', async () => {
    const folder = await ownFolder();
    const { key, record } = await new KeyFile(folder).create({ name: 'shop', role: 'operator', tenant: 'acme', expiresIn: '1d' });
    expect(key).toMatch(new RegExp(`^hf_${record.id}_[A-Za-z0-9]{32}$`));
    const file = join(folder, 'keys.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain(key.split('_')[2]);
    expect(await new KeyFile(folder).verify(key)).toEqual({
      principal: { id: record.id, name: 'shop', role: 'operator', tenant: 'acme', via: 'key' },
    });
  });

  test('that are revoked by one process are of no use in another at once', async () => {
    const folder = await ownFolder();
    const [one, other] = [new KeyFile(folder), new KeyFile(folder)];
    const { key, record } = await one.create({ name: 'shop', role: 'viewer' });
    expect(await other.verify(key)).toHaveProperty('principal');
    await one.revoke(record.id);
    expect(await other.verify(key)).toEqual({ why: 'revoked' });
    await expect(one.revoke('nobody')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each(['', 'hf_', 'hf_aaaaaaaaaa_', `hf_aaaaaaaaaa_${'a'.repeat(32)}`, 'x'.repeat(100_000), '\u0000', 'hf_ääääääääää_x'])(
    'are not %j',
    async (text) => {
      const keys = new KeyFile(await ownFolder());
      await keys.create({ name: 'shop', role: 'viewer' });
      expect(await keys.verify(text)).toEqual({ why: 'unknown' });
    },
  );

  test('that are over are expired', async () => {
    const keys = new KeyFile(await ownFolder());
    const { key } = await keys.create({ name: 'shop', role: 'viewer', expiresIn: 0 });
    expect(await keys.verify(key)).toEqual({ why: 'expired' });
  });

  test('in a file that others can read are refused, with what to do', async () => {
    const folder = await ownFolder();
    await new KeyFile(folder).create({ name: 'shop', role: 'viewer' });
    await chmod(join(folder, 'keys.json'), 0o644);
    await expect(new KeyFile(folder).list()).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('Run: chmod 600') as string,
    });
  });

  test('that two processes make at the same time are all there', { timeout: 60_000 }, async () => {
    const folder = await ownFolder();
    const program = `
      const { KeyFile } = await import(${JSON.stringify(new URL('../../../dist/server/access/keys.js', import.meta.url).href)});
      const keys = new KeyFile(${JSON.stringify(folder)});
      for (let n = 0; n < 25; n += 1) await keys.create({ name: process.argv[1] + n, role: 'viewer' });`;
    const ended = await Promise.all(
      ['one', 'two'].map(
        async (name) => (await once(spawn(process.execPath, ['--input-type=module', '-e', program, name]), 'exit')) as unknown[],
      ),
    );
    expect(ended.map(([code]: unknown[]) => code)).toEqual([0, 0]);
    expect(new Set((await new KeyFile(folder).list()).map(({ name }) => name)).size).toBe(50);
  });

  test('are made although a process died with the lock', async () => {
    const folder = await ownFolder();
    const lock = join(folder, 'keys.json.lock');
    await writeFile(lock, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await new KeyFile(folder).create({ name: 'shop', role: 'viewer' });
    expect(await new KeyFile(folder).list()).toHaveLength(1);
  });
});

describe('a rate limit', () => {
  test('gives so many at once, then as many as come in, and says how long to wait', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 2, burst: 3 }, () => now);
    expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0]);
    expect(limit.take('a')).toBe(0.5);
    expect(limit.take('b')).toBe(0);
    now = 500;
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBe(0.5);
  });

  test('remembers no more than 10 000 callers', () => {
    const limit = new RateLimit({ perSecond: 0.001, burst: 1 }, () => 0);
    expect(limit.take('first')).toBe(0);
    for (let caller = 0; caller < 9999; caller += 1) limit.take(`caller ${caller}`);
    expect(limit.take('first')).toBeGreaterThan(0);
    for (let caller = 0; caller < 10_000; caller += 1) limit.take(`other ${caller}`);
    expect(limit.take('first'), 'it was forgotten').toBe(0);
  });
});

describe('the guards', () => {
  it.each(['localhost', 'localhost:7780', '127.0.0.1:1', '[::1]:80', 'JOBS.example', 'jobs.example:443'])(
    'let the host %s through',
    (host) => {
      expect(() => checkHost(host, ['jobs.example'])).not.toThrow();
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '', '[::1', 'jobs.example@evil.example', null])(
    'refuse the host %s',
    (host) => {
      expect(() => checkHost(host, ['jobs.example'])).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
    },
  );

  it.each([
    [{}],
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ origin: 'https://jobs.example' }],
    [{ origin: 'https://jobs.example', 'sec-fetch-site': 'same-origin' }],
  ])('let an act with %j through', (headers) => {
    expect(() => checkOrigin(new Headers({ host: 'jobs.example', ...(headers as Record<string, string>) }))).not.toThrow();
  });

  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://jobs.example:8443' }],
  ])('refuse an act with %j', (headers) => {
    expect(() => checkOrigin(new Headers({ host: 'jobs.example', ...(headers as Record<string, string>) }))).toThrow(
      'The request comes from a page of another site.',
    );
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'jobs.example'])('refuse to listen on %s without access control', (host) => {
    expect(() => checkBind(host, true)).toThrow('Without access control the API listens on this machine only');
    expect(() => checkBind(host, false)).not.toThrow();
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('let it listen on %s', (host) => {
    expect(() => checkBind(host, true)).not.toThrow();
  });
});

describe('the audit log', () => {
  const entry = (number: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
    at: new Date(1_700_000_000_000 + number).toISOString(),
    actor: 'ada',
    via: 'key',
    act: 'cancel',
    jobs: [`job-${number}`],
    from: '127.0.0.1',
    requestId: String(number),
    outcome: 'done',
    ...more,
  });

  test('keeps what was done in order, also when many do it at once, and finds it again', async () => {
    const folder = await ownFolder();
    const log = new AuditLog(folder);
    await Promise.all(
      Array.from({ length: 100 }, (_none, number) => log.record(entry(number, number % 2 === 0 ? {} : { actor: 'bob', act: 'retry' }))),
    );
    expect((await stat(join(folder, 'audit.jsonl'))).mode & 0o777).toBe(0o600);
    expect((await log.read({ limit: 3 })).map(({ requestId }) => requestId)).toEqual(['99', '98', '97']);
    expect((await log.read({ limit: 2, actor: 'ada', before: entry(50).at })).map(({ requestId }) => requestId)).toEqual(['48', '46']);
    expect((await log.read({ limit: 9, job: 'job-7', act: 'retry' })).map(({ requestId }) => requestId)).toEqual(['7']);
  });

  test('is read in spite of a line that a crash has cut short', async () => {
    const folder = await ownFolder();
    const log = new AuditLog(folder);
    await log.record(entry(1));
    await appendFile(join(folder, 'audit.jsonl'), '{"at":"2026-');
    await log.record(entry(2));
    await log.record(entry(3));
    expect((await log.read({ limit: 9 })).map(({ requestId }) => requestId)).toEqual(['3', '2', '1']);
  });

  test('begins a new file at 10 MB, and keeps five', { timeout: 60_000 }, async () => {
    const folder = await ownFolder();
    const log = new AuditLog(folder);
    for (let file = 0; file < 7; file += 1) {
      await log.record(entry(file));
      await appendFile(join(folder, 'audit.jsonl'), `"${'x'.repeat(10 * 1024 * 1024)}"\n`);
    }
    expect((await log.read({ limit: 20 })).map(({ requestId }) => requestId).filter((id) => id !== undefined)).toEqual([
      '6',
      '5',
      '4',
      '3',
      '2',
    ]);
  });
});
