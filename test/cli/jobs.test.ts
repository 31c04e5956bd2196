/** The commands about jobs as a person and a script run them: against Temporal, and against a Holdfast server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { runApi } from '../http/support/api-server.ts';
import { ownQueue, payloadFolder, runWorker, serverAddress } from '../support/jobs.ts';
import { handle } from '../../src/worker.ts';
import { defineJob } from '../../src/contract/index.ts';
import { z } from 'zod';
import { type Ended, holdfastOnTerminal, holdfastToEnd } from './support/command.ts';

const module = join(import.meta.dirname, 'support/greet-jobs.mjs');
const greet = defineJob({ name: 'greet', input: z.object({ name: z.string(), waitMs: z.number().optional() }), output: z.string() });

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return await holdfastToEnd(args, { cwd: import.meta.dirname, env: { TEMPORAL_ADDRESS: serverAddress(), USER: 'ada', ...env } });
}

/** A queue with a worker that greets, and fails for nobody. */
async function greetings(): Promise<string> {
  const queue = ownQueue();
  const greeting = handle(greet, ({ name }) => {
    if (name === 'nobody') throw Object.assign(new Error('nobody is there'), { code: 'E_NOBODY' });
    return `Hello, ${name}`;
  });
  await runWorker({ jobs: [greeting], queues: { [queue]: {} } });
  return queue;
}

const add = (queue: string, ...more: readonly string[]): readonly string[] => [
  'add',
  'greet',
  '--jobs',
  module,
  '--queue',
  queue,
  '--max-attempts',
  '1',
  ...more,
];

describe('holdfast batch', () => {
  it('adds the lines of a file as one job, tells of its items, and tries again what failed', { timeout: 120_000 }, async () => {
    const queue = await greetings();
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-batch-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'people.ndjson');
    await writeFile(file, '{"name": "Ann"}\n{"name": "nobody"}\n\n{"name": "Bob"}\n');
    const env = { GREET_QUEUE: queue, HOLDFAST_PAYLOADS: payloadFolder() };
    const args = ['greet', file, '--jobs', module, '--queue', queue, '--max-attempts', '1', '--name', 'people'];
    const added = await run(['batch', 'add', ...args, '--wait'], env);
    expect(added, added.err).toMatchObject({ code: 1 });
    const [id = ''] = added.out.split('\n');
    const shown = await run(['batch', 'get', id], env);
    expect(shown.out).toMatch(/^people\n/);
    expect(shown.out).toMatch(/^items +3\ncompleted +2\nfailed +1\n/m);
    const failed = await run(['batch', 'items', id, '--status', 'failed'], env);
    expect(failed.out).toMatch(/1  failed .*E_NOBODY: nobody is there +\{"name":"nobody"\}/);
    const results = await run(['batch', 'items', id, '--results'], env);
    expect(
      results.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { output?: string }).output),
    ).toEqual(['Hello, Ann', undefined, 'Hello, Bob']);
    expect(await run(['batch', 'retry-failed', id], env)).toMatchObject({ code: 0, out: `${id} has a new run.\n` });
    await writeFile(file, '{"name": "Ann"}\n{"name":\n');
    const broken = await run(['batch', 'add', ...args], env);
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('Line 2 of ') as string });
  });
});

describe('holdfast add', () => {
  it('adds a job for each line of a file, and says which lines it did not', async () => {
    const queue = await greetings();
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-many-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'people.ndjson');
    await writeFile(file, '{"name": "Ann"}\n\n{"name": 5}\n{"name":\n{"name": "Bob"}\n');
    const added = await run(add(queue, '--many', file), { GREET_QUEUE: queue });
    const ids = added.out.trimEnd().split('\n');
    expect(ids).toHaveLength(2);
    expect(added.code).toBe(1);
    expect(added.err).toMatch(/^line 3: The input of "greet" does not match its contract\..*\nline 4: Expected the input to be JSON/);
    expect(await run(['result', ids[1] ?? ''])).toMatchObject({ code: 0, out: '"Hello, Bob"\n' });
    const missing = await run(add(queue, '--many', 'no-such.ndjson'));
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('The file no-such.ndjson cannot be read') as string });
  });

  it('takes flags, waits, and has the outcome as its exit code; get, result and list tell of the job', { timeout: 120_000 }, async () => {
    const queue = await greetings();
    const env = { GREET_QUEUE: queue };
    const added = await run(add(queue, '--name', 'Ann', '--wait'), env);
    expect(added, added.err).toMatchObject({ code: 0 });
    const [id = ''] = added.out.split('\n');
    expect(added.err).toContain('completed');
    expect(await run(['result', id])).toMatchObject({ code: 0, out: '"Hello, Ann"\n' });
    const shown = await run(['get', id]);
    expect(shown.out).toMatch(/^status +completed$/m);
    expect(shown.out).toMatch(/^input +\{"name":"Ann"\}$/m);
    const failed = await run(add(queue, '--input', '{"name": "nobody"}', '--wait', '--json'), env);
    expect(failed.code).toBe(1);
    const last = JSON.parse(failed.out.trimEnd().split('\n').at(-1) ?? '') as { id: string; error: unknown };
    expect(last).toMatchObject({ status: 'failed', error: { code: 'E_NOBODY', message: 'nobody is there' } });
    const listed = await run(['list', '--queue', queue, '--status', 'failed', '--json']);
    expect((JSON.parse(listed.out) as { jobs: { id: string }[] }).jobs.map((job) => job.id)).toEqual([last.id]);
    expect((await run(['list', '--queue', queue])).out).toMatch(/^id +type +status +queue +added +ended$/m);
  });

  it.each([
    [['add', 'gret', '--jobs', module], 3, 'There is no job type "gret"; did you mean greet?'],
    [['add', 'greet', '--jobs', module, '--nmae', 'Ann'], 2, 'There is no field --nmae; did you mean --name?'],
    [['add', 'greet', '--jobs', module, '--input', '{'], 2, 'Expected the input to be JSON'],
    [['add', 'greet', '--jobs', module], 1, 'The input of "greet" does not match its contract. name: '],
  ])('%j ends with %i', async (args, code, message) => {
    const ended = await run(args, { GREET_QUEUE: ownQueue() });
    expect(ended.err).toContain(message);
    expect(ended.code).toBe(code);
  });

  it('shows what a type takes', async () => {
    const { out } = await run(['add', 'greet', '--jobs', module, '--fields'], { GREET_QUEUE: 'greetings' });
    expect(out).toContain('Fields of greet (queue greetings):');
    expect(out).toMatch(/--name <string> +required/);
  });
});

test('acts by hand say who did them, and what they cannot do', { timeout: 120_000 }, async () => {
  const queue = ownQueue();
  const env = { GREET_QUEUE: queue };
  const id = (await run(add(queue, '--name', 'Ann', '--delay', '1h'), env)).out.trim();
  expect(await run(['postpone', id, '--delay', '2h', '--reason', 'later'])).toMatchObject({
    code: 0,
    out: `${id} has another time to start at.\n`,
  });
  expect((await run(['get', id])).out).toMatch(/by hand +\S+ \S+ postpone by ada: later/);
  const both = await run(['cancel', id, 'nobody', '--json']);
  expect(both.code).toBe(3);
  expect(JSON.parse(both.out)).toMatchObject({
    results: [
      { id, done: true },
      { id: 'nobody', done: false, code: 'not-found' },
    ],
  });
  expect((await run(['run-now', id])).code).toBe(1);
  expect((await run(['get', 'nobody'])).code).toBe(3);
});

test('watch shows all jobs in one block, each with its bar, until they have ended', { timeout: 120_000 }, async () => {
  const queue = await greetings();
  const env = { GREET_QUEUE: queue, TEMPORAL_ADDRESS: serverAddress() };
  const ids = await Promise.all(
    ['Ann', 'Ben'].map(async (name) => (await run(add(queue, '--name', name, '--delay', '4s'), env)).out.trim()),
  );
  const watching = holdfastOnTerminal(['watch', ...ids], { cwd: import.meta.dirname, env });
  expect(await watching.ended).toBe(0);
  // What was drawn last before one of them had ended: between two wipes of the block.
  const drawn = watching
    .out()
    .split('\u001B[G')
    .filter((block) => ids.every((id) => block.includes(id)));
  expect(drawn.length).toBeGreaterThan(0);
  for (const id of ids) expect(watching.out()).toContain(`greet ${id} completed`);
});

test('without Temporal the exit code is 4, and the message says what to do', async () => {
  const ended = await run(['stats'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(ended.code).toBe(4);
  expect(ended.err).toMatch(/^error: Temporal at 127\.0\.0\.1:1 does not answer/);
});

test('the same commands speak to a Holdfast server', { timeout: 120_000 }, async () => {
  const queue = await greetings();
  const server = await runApi({ contracts: [greet] });
  const env = { GREET_QUEUE: queue, HOLDFAST_SERVER: server.url, HOLDFAST_KEY: server.keys.admin, TEMPORAL_ADDRESS: '' };
  const added = await run(add(queue, '--name', 'Ben', '--wait'), env);
  expect(added, added.err).toMatchObject({ code: 0 });
  const id = added.out.split('\n')[0] ?? '';
  expect(await run(['result', id], env)).toMatchObject({ code: 0, out: '"Hello, Ben"\n' });
  const stats = await run(['stats', '--queue', queue, '--json'], env);
  expect(JSON.parse(stats.out)).toMatchObject({ counts: { completed: 1 } });
  expect((await run(['workers', '--json'], env)).out).toContain(queue);
  const refused = await run(['list'], { ...env, HOLDFAST_KEY: 'hf_wrong' });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('The key is not one of this server.');
  expect((await run(['get', id], { ...env, HOLDFAST_SERVER: 'http://127.0.0.1:1' })).code).toBe(4);
});

test('cleanup says how many it would remove, and removes them', { timeout: 120_000 }, async () => {
  const queue = await greetings();
  const env = { GREET_QUEUE: queue };
  const added = await run(add(queue, '--name', 'Ann', '--wait'), env);
  expect(added.code).toBe(0);
  const where = ['cleanup', '--queue', queue, '--older-than', '0s'];
  expect(await run([...where, '--dry-run'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 finished job added over') as string,
  });
  expect((await run(where)).out).toContain('removed.');
  expect((await run(['get', added.out.split('\n')[0] ?? ''])).code).toBe(3);
  expect((await run(['cleanup', '--older-than', '7d', '--status', 'queued'])).code).toBe(2);
});
