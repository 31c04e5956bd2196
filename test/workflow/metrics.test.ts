/** A worker process serves metrics for Prometheus. In processes of their own: a process has one such page. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { connectClient, eventually, ownQueue, serverAddress } from '../support/jobs.ts';

const WORKER = new URL('support/metered-worker.mjs', import.meta.url).pathname;

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: object;
}

interface Program {
  /** The first line that it wrote on standard output. */
  readonly said: Promise<string>;
}

/** A worker of its own process for the queue; ended with the test. */
function startProgram(queue: string, { env = {}, options = {} }: Given): Program {
  const child = spawn(process.execPath, [WORKER, queue, JSON.stringify(options)], {
    env: { ...process.env, TEMPORAL_ADDRESS: serverAddress(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout });
  return { said: new Promise((resolve) => lines.once('line', resolve)) };
}

async function listen(): Promise<{ server: Server; address: string }> {
  const server = createServer().listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const bound = server.address();
  return { server, address: `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}` };
}

async function freeAddress(): Promise<string> {
  const { server, address } = await listen();
  server.close();
  await once(server, 'close');
  return address;
}

/** Values of the metric by the text of its labels, in their order. */
function valuesOf(page: string, metric: string): Readonly<Record<string, number>> {
  const lines = page.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return Object.fromEntries(
    lines.map((line) => [line.slice(metric.length + 1, line.lastIndexOf('}')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('a worker with an address for metrics', () => {
  test.each([
    { how: 'HOLDFAST_METRICS_ADDRESS', given: (address: string): Given => ({ env: { HOLDFAST_METRICS_ADDRESS: address } }) },
    { how: 'metrics: { address }', given: (address: string): Given => ({ options: { metrics: { address } } }) },
  ])('given by $how counts jobs, failures and times there', async ({ given }) => {
    const contract = defineJob({ name: 'metered', input: z.string(), queue: ownQueue() });
    const address = await freeAddress();
    expect(await startProgram(contract.queue, given(address)).said).toBe('ready');
    const client = await connectClient();
    const jobs = await Promise.all(['good', 'bad', 'good'].map((input) => client.add(contract, input, { maxAttempts: 1 })));
    const busy = await client.add(contract, 'waits');
    await Promise.allSettled(jobs.map((job) => job.result()));
    const labels = `queue="${contract.queue}",type="metered"`;
    const page = await eventually('the metrics', async () => {
      const page = await (await fetch(`http://${address}/metrics`)).text();
      return valuesOf(page, 'holdfast_wait_seconds_count')[labels] === 4 ? page : undefined;
    });
    expect(valuesOf(page, 'holdfast_jobs_total')).toEqual({
      [`outcome="completed",${labels}`]: 2,
      [`outcome="failed",${labels}`]: 1,
    });
    expect(valuesOf(page, 'holdfast_attempt_failures_total')).toEqual({ [`code="E_BAD",${labels}`]: 1 });
    expect(valuesOf(page, 'holdfast_run_seconds_count')).toEqual({ [labels]: 2 });
    expect(valuesOf(page, 'holdfast_busy_handlers')).toEqual({ [`queue="${contract.queue}"`]: 1 });
    expect(page).toContain('temporal_');
    await busy.cancel();
    await expect(busy.result()).rejects.toMatchObject({ code: 'cancelled' });
    await eventually('the cancel to be counted', async () => {
      const page = await (await fetch(`http://${address}/metrics`)).text();
      return valuesOf(page, 'holdfast_jobs_total')[`outcome="cancelled",${labels}`] === 1;
    });
  });

  test('that is taken says so instead of starting', async () => {
    const { server, address } = await listen();
    onTestFinished(() => void server.close());
    const said = await startProgram(ownQueue(), { options: { metrics: { address } } }).said;
    expect(said).toMatch(
      /^invalid-config Metrics cannot be served at 127\.0\.0\.1:\d+: .*[Aa]ddress already in use.*HOLDFAST_METRICS_ADDRESS\.$/,
    );
  });
});
