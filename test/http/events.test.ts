/** Live events over HTTP, whatever happens to the connection, the server or the reader: no version twice, versions rise, every end arrives. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineJob, isTerminal, type JobStatus } from '../../src/contract/index.ts';
import { RemoteJobs } from '../../src/remote-client.ts';
import { handle } from '../../src/worker.ts';
import { eventually, ownQueue, runWorker } from '../support/jobs.ts';
import { seeded } from '../support/random.ts';
import { cutOff } from '../support/cut-off.ts';
import { scaled } from '../support/scale.ts';
import { runApi, startApi } from './support/api-server.ts';

const LONGEST_BETWEEN_CUTS_MS = 200;

/** Jobs that take a while and say how far they are. */
function steppingType() {
  return defineJob({ name: 'stepping', input: z.object({ steps: z.number(), stepMs: z.number() }), queue: ownQueue() });
}

async function workOn(contract: ReturnType<typeof steppingType>): Promise<void> {
  await runWorker({
    jobs: [
      handle(contract, async ({ steps, stepMs }, ctx) => {
        for (let step = 1; step <= steps; step += 1) {
          await sleep(stepMs, undefined, { signal: ctx.signal });
          ctx.progress({ done: step, total: steps });
        }
      }),
    ],
    concurrency: 50,
  });
}

interface Seen {
  readonly job: string;
  readonly version: number;
  readonly status: JobStatus;
}

/** Asserts the rules; gives the jobs whose end was seen. */
function endsIn(seen: readonly Seen[]): ReadonlySet<string> {
  const last = new Map<string, number>();
  for (const { job, version } of seen) {
    expect(version, `versions of ${job} rise`).toBeGreaterThan(last.get(job) ?? 0);
    last.set(job, version);
  }
  return new Set(seen.filter(({ status }) => isTerminal(status)).map(({ job }) => job));
}

/** Notes what comes until the test ends. */
function follow(jobs: RemoteJobs, queue: string): Seen[] {
  const seen: Seen[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void (async () => {
    for await (const { id, job } of jobs.events({ queue }, { signal: stop.signal })) {
      expect(id).toBe(`${job.id}:${job.version}`);
      seen.push({ job: job.id, version: job.version, status: job.status });
    }
  })();
  return seen;
}

test('of one job are its snapshots, each with an id, and end with its end', async () => {
  const contract = steppingType();
  await workOn(contract);
  const server = await runApi({ contracts: [contract] });
  const jobs = new RemoteJobs({ url: server.url, key: server.keys.viewer });
  const { id } = await server.client().call('addJob', { body: { type: 'stepping', input: { steps: 10, stepMs: 100 } } });
  const seen: Seen[] = [];
  let percent: number | undefined;
  for await (const { version, status, progress } of jobs.watch(id)) {
    seen.push({ job: id, version, status });
    percent = progress?.percent;
  }
  expect(percent).toBe(100);
  expect(endsIn(seen)).toEqual(new Set([id]));
  expect(seen.length).toBeGreaterThan(2);
  const response = await fetch(`${server.url}/v1/jobs/${id}/events`, { headers: { authorization: `Bearer ${server.keys.viewer}` } });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await response.text()).toMatch(new RegExp(`^retry: 1000\\n\\nid: ${id}:\\d+\\nevent: job\\ndata: \\{.*\\}\\n\\n$`));
  await expect(jobs.watch('not-there').next()).rejects.toMatchObject({ code: 'not-found' });
});

test('arrive over a connection that is cut 100 times', { timeout: 180_000 }, async () => {
  const contract = steppingType();
  await workOn(contract);
  const server = await runApi({ contracts: [contract] });
  const way = await cutOff(new URL(server.url).host);
  const seen = follow(new RemoteJobs({ url: `http://${way.address}`, key: server.keys.viewer }), contract.queue);
  const body = {
    jobs: Array.from({ length: 40 }, (_none, index) => ({ type: 'stepping', input: { steps: 5, stepMs: 100 * (1 + (index % 20)) } })),
  };
  const { jobs } = await server.client().call('addJobs', { body });
  // Behind an event that it has a reader misses nothing.
  await eventually('the first event', () => seen.length > 0);
  const random = seeded(7);
  let cuts = 0;
  while (cuts < 100) {
    await sleep(random() * LONGEST_BETWEEN_CUTS_MS);
    cuts += way.cut();
    way.mend();
  }
  const ids = jobs.flatMap((job) => ('id' in job ? [job.id] : []));
  await eventually('every end', () => ids.every((id) => seen.some(({ job, status }) => job === id && status === 'completed')), 60_000);
  expect(endsIn(seen)).toEqual(new Set(ids));
});

test('go on behind a restart of the server', { timeout: 120_000 }, async () => {
  const contract = steppingType();
  await workOn(contract);
  const first = await startApi({ contracts: [contract] });
  const { port } = new URL(first.url);
  const key = first.keys.viewer;
  const seen = follow(new RemoteJobs({ url: first.url, key }), contract.queue);
  const body = {
    jobs: Array.from({ length: 30 }, (_none, index) => ({ type: 'stepping', input: { steps: 4, stepMs: 100 * (1 + (index % 10)) } })),
  };
  const { jobs } = await first.client().call('addJobs', { body });
  const ids = jobs.flatMap((job) => ('id' in job ? [job.id] : []));
  await eventually('the first end', () => seen.some(({ status }) => status === 'completed'));
  await first.api.close();
  await sleep(1000);
  const second = await runApi({ contracts: [contract], dataDir: first.dataDir });
  await second.api.listen({ port: Number(port) });
  await eventually('every end', () => ids.every((id) => seen.some(({ job, status }) => job === id && status === 'completed')), 60_000);
  expect(endsIn(seen)).toEqual(new Set(ids));
  await first.close().catch(() => undefined);
});

test('reach a reader that was stopped while jobs ended', { timeout: 120_000 }, async () => {
  const contract = steppingType();
  await workOn(contract);
  const server = await runApi({ contracts: [contract] });
  const program = new URL('./support/reading-program.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, server.url, server.keys.viewer, contract.queue], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'readable');
  const seen: Seen[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && seen.push(JSON.parse(line) as Seen));
  const count = scaled(50, 200);
  const body = (size: number) => ({ jobs: Array.from({ length: size }, () => ({ type: 'stepping', input: { steps: 2, stepMs: 100 } })) });
  const first = await server.client().call('addJobs', { body: body(1) });
  await eventually('the first event', () => seen.length > 0);
  child.kill('SIGSTOP');
  const ids = first.jobs.flatMap((job) => ('id' in job ? [job.id] : []));
  for (let added = 0; added < count; added += 50)
    ids.push(...(await server.client().call('addJobs', { body: body(50) })).jobs.flatMap((job) => ('id' in job ? [job.id] : [])));
  const remaining = async () => (await server.client().call('countJobs', { query: { queue: contract.queue } })).completed;
  await eventually('all to end', async () => (await remaining()) === count + 1, 60_000);
  child.kill('SIGCONT');
  await eventually('every end', () => ids.every((id) => seen.some(({ job, status }) => job === id && status === 'completed')), 60_000);
  expect(endsIn(seen)).toEqual(new Set(ids));
});
