/** What helps a person at the command line: the project's config, the doctor, completion, suggestions. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { z } from 'zod';
import { runApi } from '../http/support/api-server.ts';
import { connectClient, eventually, ownQueue, runWorker, serverAddress } from '../support/jobs.ts';
import { handle } from '../../src/worker.ts';
import { defineJob } from '../../src/contract/index.ts';
import { type CommandOptions, type Ended, holdfast, holdfastToEnd, newFolder } from './support/command.ts';

const greet = defineJob({ name: 'greet', input: z.object({ name: z.string() }), output: z.string() });
const module = join(import.meta.dirname, 'support/greet-jobs.mjs');

async function run(args: readonly string[], { cwd = import.meta.dirname, env = {} }: Partial<CommandOptions> = {}): Promise<Ended> {
  return await holdfastToEnd(args, { cwd, env: { TEMPORAL_ADDRESS: serverAddress(), ...env } });
}

function projectWith(config: string): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'holdfast.config.mjs'), config);
  return folder;
}

test('holdfast.config names the jobs for every command, and is told what is wrong in it', { timeout: 120_000 }, async () => {
  const queue = ownQueue();
  const cwd = projectWith(`export default { jobs: ${JSON.stringify(module)}, queues: { "${queue}-more": { concurrency: 2 } } };`);
  const env = { GREET_QUEUE: queue };
  const worker = holdfast(['worker'], { cwd, env: { TEMPORAL_ADDRESS: serverAddress(), ...env } });
  await worker.wrote('worker started');
  expect(worker.err()).toContain(`${queue}-more`);
  const added = await run(['add', 'greet', '--name', 'Ann', '--wait'], { cwd, env });
  expect(added, added.err).toMatchObject({ code: 0 });
  expect((await run(['completion', 'bash'], { cwd, env })).out).toContain('greet');

  const wrong = await run(['worker'], { cwd: projectWith('export default { job: "./jobs.js" };') });
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('The default export of holdfast.config.mjs cannot be used. jobs: ');
  expect(wrong.err).toContain('Unrecognized key: "job"');
  const none = await run(['worker'], { cwd: newFolder() });
  expect(none.code).toBe(2);
  expect(none.err).toContain('Name your module with --jobs, or write holdfast.config.mjs');
});

test('the doctor finds nothing wrong, then a queue without a worker, and the same over HTTP', { timeout: 120_000 }, async () => {
  const queue = ownQueue();
  await runWorker({ jobs: [handle(greet, () => 'hi')], queues: { [ownQueue()]: {} } });
  const client = await connectClient();
  await client.add(greet, { name: 'Ann' }, { queue });
  // The server counts what waits some seconds late.
  let found = await run(['doctor']);
  await eventually('the queue is told of', async () => {
    found = await run(['doctor']);
    return found.out.includes(queue);
  });
  expect(found.out).toMatch(/^✓ server +Temporal \d\S+ at 127\.0\.0\.1:\d+, namespace \S+; Holdfast /m);
  expect(found.out).toMatch(/^✓ clock +agrees with the server's to \d+ ms$/m);
  expect(found.out).toMatch(
    new RegExp(
      `^✗ queue +"${queue}": 1 waits.*; no worker serves it\\n +Start one: holdfast worker --jobs <module> --queue ${queue}$`,
      'm',
    ),
  );
  expect(found.code).toBe(1);
  const server = await runApi();
  const remote = await run(['doctor', '--json'], { env: { HOLDFAST_SERVER: server.url, HOLDFAST_KEY: server.keys.viewer } });
  const { findings } = JSON.parse(remote.out) as { findings: { about: string; state: string }[] };
  expect(findings.find(({ about }) => about === 'server')).toMatchObject({ state: 'good' });
  const away = await run(['doctor'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  expect(away).toMatchObject({ code: 1, out: expect.stringMatching(/^✗ server +Temporal at 127\.0\.0\.1:1 does not answer/) as string });
});

it.each([
  ['lst', 'Did you mean list?'],
  ['retyr', 'Did you mean retry?'],
])('suggests what was meant by %s', async (typed, suggestion) => {
  const ended = await run([typed]);
  expect(ended.err).toContain(suggestion);
  expect(ended.code).toBe(2);
});

/** The words that the shell would offer after `words`. */
const ASK = 'source "$1"; shift; _holdfast_words "$@"; echo "$completions"';

it.for(['bash', 'zsh'])('completes commands, options and their values in %s', async (shell, context) => {
  if (spawnSync(shell, ['-c', 'true']).error !== undefined) return context.skip(`${shell} is not installed`);
  const script = join(newFolder(), 'completion');
  writeFileSync(script, (await run(['completion', shell])).out.replace(/^compdef .*$/m, ''));
  const offered = (...words: string[]): string[] =>
    execFileSync(shell, ['-c', ASK, shell, script, ...words], { encoding: 'utf8' })
      .trim()
      .split(' ');
  expect(offered()).toEqual(expect.arrayContaining(['add', 'list', 'doctor', 'completion', '--help']));
  expect(offered('keys')).toEqual(expect.arrayContaining(['add', 'revoke']));
  expect(offered('add')).toEqual(expect.arrayContaining(['send-notification', '--wait']));
  expect(offered('list', '--status')).toEqual(expect.arrayContaining(['failed', 'processing']));
  expect(offered('keys', 'add', '--role')).toEqual(['viewer', 'operator', 'admin']);
});
