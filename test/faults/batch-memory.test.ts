/** A million items need no more memory than a hundred thousand, in the worker and in the process that adds them and reads their results. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';

const program = new URL('./support/batch-client.mjs', import.meta.url).pathname;
const [FEWER, MORE] = [100_000, 1_000_000];
const SIZES = [FEWER, FEWER, MORE];
const MEBIBYTE = 1024 * 1024;
const MORE_BYTES = 64 * MEBIBYTE;
const MOST_EVENTS = 4096;

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

test('a batch of 1 000 000 items leaves worker and client at most 64 MiB above one of 100 000', { timeout: 900_000 }, async () => {
  const server = await ownServer();
  const folder = await ownFolder();
  const payloads = join(folder, 'payloads');
  const worker = await startWorkerProcess({ address: server.address, log: join(folder, 'starts.log'), concurrency: 100, payloads });
  const child = spawn(process.execPath, [program, JSON.stringify({ address: server.address, payloads, sizes: SIZES })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const after: { readonly items: number; readonly client: number; readonly worker: number }[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const { right, rss } = JSON.parse(line) as { readonly right: number; readonly rss: number };
    const items = SIZES[after.length] ?? 0;
    expect(right, 'items that were read back with their results').toBe(items);
    after.push({ items, client: rss, worker: rssOf(worker.pid) });
  }
  if (child.exitCode === null) await once(child, 'exit');
  console.log(after.map(({ items, ...rss }) => `${items}: worker ${mib(rss.worker)}, client ${mib(rss.client)}`).join('; '));
  const fewer = after.filter(({ items }) => items === FEWER);
  const [most] = after.filter(({ items }) => items === MORE);
  expect(most?.client).toBeLessThan(Math.max(...fewer.map(({ client }) => client)) + MORE_BYTES);
  expect(most?.worker).toBeLessThan(Math.max(...fewer.map(({ worker: one }) => one)) + MORE_BYTES);
  const client = await ownClient(server, payloads);
  const [newest] = (await client.list({ batch: true, limit: 1 })).jobs;
  expect(newest?.batch).toMatchObject({ items: MORE, completed: MORE });
  expect(await eventsOf(server.address, newest?.id ?? '')).toBeLessThan(MOST_EVENTS);
});

function mib(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}

async function eventsOf(address: string, id: string): Promise<number> {
  const { Client, Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  const { raw, historyLength } = await new Client({ connection }).workflow.getHandle(id).describe();
  console.log(`history: ${historyLength} events, ${String(raw.workflowExecutionInfo?.historySizeBytes)} bytes`);
  return historyLength;
}
