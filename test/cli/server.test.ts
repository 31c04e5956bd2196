/** `holdfast server` and `holdfast keys` as a person runs them: the first start, a key that works, one that is revoked. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ownQueue, serverAddress } from '../support/jobs.ts';
import { type Command, holdfast } from './support/command.ts';

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function run(args: readonly string[], cwd: string): Command {
  return holdfast(args, { cwd, env: { TEMPORAL_ADDRESS: serverAddress(), GREET_QUEUE: ownQueue() } });
}

/** What a command prints that ends well. */
async function outputOf(args: readonly string[], cwd: string): Promise<string> {
  const command = run(args, cwd);
  expect(await command.ended, command.err()).toBe(0);
  return command.out();
}

it('holdfast server shows a key and a login link at its first start, and takes keys of "holdfast keys" until they are revoked', async () => {
  const cwd = await ownFolder();
  const jobs = join(import.meta.dirname, 'support/greet-jobs.mjs');
  const server = run(['server', '--port', '17780', '--jobs', jobs], cwd);
  await server.wrote('Log in');
  const [, admin = ''] = /Admin key +(hf_\S+)/.exec(server.err()) ?? [];
  const [, link = ''] = /Log in +(\S+)/.exec(server.err()) ?? [];
  const ask = async (key: string) => await fetch('http://127.0.0.1:17780/v1/me', { headers: { authorization: `Bearer ${key}` } });
  expect(await (await ask(admin)).json()).toMatchObject({ name: 'first start', role: 'admin' });
  const [page, token] = link.split('#');
  expect(await (await fetch(page ?? '')).text()).toContain('<title>Holdfast</title>');
  const body = JSON.stringify({ token });
  const enter = async () =>
    await fetch('http://127.0.0.1:17780/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect((await enter()).headers.get('set-cookie')).toContain('holdfast_session=');
  expect((await enter()).status).toBe(401);
  const key = (await outputOf(['keys', 'add', '--name', 'shop', '--tenant', 'acme', '--expires-in', '90d'], cwd)).trim();
  expect(await (await ask(key)).json()).toEqual({ name: 'shop', role: 'operator', tenant: 'acme', via: 'key' });
  expect((await stat(join(cwd, '.holdfast/keys.json'))).mode & 0o777).toBe(0o600);
  const types = await fetch('http://127.0.0.1:17780/v1/job-types', { headers: { authorization: `Bearer ${key}` } });
  expect(((await types.json()) as { types: { type: string }[] }).types.map(({ type }) => type)).toEqual([
    'analyse-repositories',
    'export-data',
    'greet',
    'send-notification',
  ]);
  const { keys } = JSON.parse(await outputOf(['keys', 'list', '--json'], cwd)) as { keys: { id: string; name: string }[] };
  expect(keys.map(({ name }) => name)).toEqual(['first start', 'shop']);
  await outputOf(['keys', 'revoke', keys[1]?.id ?? ''], cwd);
  expect((await ask(key)).status).toBe(401);
  expect(await outputOf(['keys', 'list'], cwd)).toMatch(/shop.*acme.*revoked/);
  server.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  const again = run(['server', '--port', '17780'], cwd);
  await again.wrote('server started');
  expect(again.err()).not.toContain('Admin key');
});

it('holdfast server listens without keys on this machine only, and says so', async () => {
  const server = run(['server', '--open', '--host', '0.0.0.0'], await ownFolder());
  expect(await server.ended).toBe(1);
  expect(server.err()).toContain('Without access control the API listens on this machine only, not on 0.0.0.0');
});

it('holdfast keys says what is wrong', async () => {
  const cwd = await ownFolder();
  const unknown = run(['keys', 'revoke', 'nobody'], cwd);
  expect(await unknown.ended).toBe(3);
  expect(unknown.err()).toContain('No key has the id "nobody".');
  const role = run(['keys', 'add', '--name', 'x', '--role', 'boss'], cwd);
  expect(await role.ended).toBe(2);
  expect(role.err()).toContain('Allowed choices are viewer, operator, admin.');
  const login = run(['keys', 'login'], cwd);
  expect(await login.ended).toBe(3);
  expect(login.err()).toContain('There is no admin key.');
});
