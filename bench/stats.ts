/**
 * Owns the measure of `getStats` and `stats`: how long they take beside many finished and open jobs. The finished ones are
 * started and terminated, since running them would take hours and the index does not know the difference.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { JobQueue } from 'holdfast';
import { JobClient } from 'holdfast/client';
import { alignedTable } from './markdown-table.ts';
import { percentile } from './statistics.ts';

export interface StatsPlan {
  readonly port: number;
  readonly finished: number;
  readonly open: number;
  readonly say: (line: string) => void;
}

const AT_ONCE = 20;
const TIMES = 20;
const ASKERS = 10;
/** Those who ask later than this do not share an answer. */
const APART_MS = 1100;
const SAY_EVERY = 2000;

/** The report, as a table. */
export async function benchStats(plan: StatsPlan): Promise<string> {
  const address = `127.0.0.1:${plan.port}`;
  const queueName = `bench-${randomUUID()}`;
  await fill(address, queueName, plan);
  const client = await JobClient.connect({ address, env: {} });
  const queue = new JobQueue({ queue: queueName, temporal: { address } });
  await queue.initialize();
  try {
    const rows = [
      ['`getStats()`', ...(await times(() => queue.getStats(), 0))],
      [`\`getStats()\`, ${ASKERS} at once`, ...(await times(() => many(() => queue.getStats()), 0))],
      ['`stats({ queue })`', ...(await times(() => client.stats({ queue: queueName }), APART_MS))],
      [`\`stats({ queue })\`, ${ASKERS} at once`, ...(await times(() => many(() => client.stats({ queue: queueName })), APART_MS))],
    ];
    const counts = await queue.getStats();
    plan.say(`counted: ${JSON.stringify(counts)}`);
    return `${alignedTable([`with ${plan.finished} finished and ${plan.open} open jobs`, 'p50, ms', 'p95, ms'], rows)}\n`;
  } finally {
    await queue.close();
    await client.close();
  }
}

async function fill(address: string, taskQueue: string, { finished, open, say }: StatsPlan): Promise<void> {
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection });
  const numbers = Array.from({ length: finished + open }, (_none, index) => index).values();
  const add = async (): Promise<void> => {
    for (const index of numbers) {
      const handle = await workflow.start('noop', { workflowId: randomUUID(), taskQueue, args: [{}] });
      if (index < finished) await handle.terminate();
      if ((index + 1) % SAY_EVERY === 0) say(`${index + 1} of ${finished + open} jobs made`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, add));
  await connection.close();
}

async function many(ask: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: ASKERS }, ask));
}

/** p50 and p95 of several calls. */
async function times(ask: () => Promise<unknown>, apartMs: number): Promise<[string, string]> {
  const taken: number[] = [];
  for (let call = 0; call < TIMES; call++) {
    const startedAt = performance.now();
    await ask();
    taken.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, apartMs));
  }
  return [percentile(taken, 50).toFixed(0), percentile(taken, 95).toFixed(0)];
}
