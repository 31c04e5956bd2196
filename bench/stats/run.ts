/**
 * Owns the measure of `getStats` and `stats`: how long they take beside many finished and open jobs. The finished ones are
 * started and terminated, since running them would take hours and the index does not know the difference.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { JobQueue } from 'holdfast';
import { JobClient } from 'holdfast/client';
import { percentile } from '../statistics.ts';

export interface StatsPlan {
  readonly port: number;
  readonly finished: number;
  readonly open: number;
  readonly say: (line: string) => void;
}

/** How long one question takes. */
export interface Question {
  readonly title: string;
  readonly p50: number;
  readonly p95: number;
}

const AT_ONCE = 20;
const TIMES = 20;
const ASKERS = 10;
/** Those who ask later than this do not share an answer. */
const APART_MS = 1100;
const SAY_EVERY = 2000;

/** Every question; the first is raw Temporal's. */
export async function askForStats(plan: StatsPlan): Promise<readonly Question[]> {
  const address = `127.0.0.1:${plan.port}`;
  const queueName = `bench-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection });
  await fill(workflow, queueName, plan);
  const client = await JobClient.connect({ address, env: {} });
  const queue = new JobQueue({ queue: queueName, temporal: { address } });
  await queue.initialize();
  try {
    const rawCount = () => workflow.count(`TaskQueue = '${queueName}' GROUP BY ExecutionStatus`);
    const questions = [
      await timed('raw Temporal, `count` by status', rawCount),
      await timed('`getStats()`', () => queue.getStats()),
      await timed(`\`getStats()\`, ${ASKERS} at once`, () => many(() => queue.getStats())),
      await timed('`stats({ queue })`', () => client.stats({ queue: queueName }), APART_MS),
      await timed(`\`stats({ queue })\`, ${ASKERS} at once`, () => many(() => client.stats({ queue: queueName })), APART_MS),
    ];
    plan.say(`counted: ${JSON.stringify(await queue.getStats())}`);
    return questions;
  } finally {
    await queue.close();
    await client.close();
    await connection.close();
  }
}

async function fill(workflow: Client['workflow'], taskQueue: string, { finished, open, say }: StatsPlan): Promise<void> {
  const numbers = Array.from({ length: finished + open }, (_none, index) => index).values();
  const add = async (): Promise<void> => {
    for (const index of numbers) {
      const handle = await workflow.start('noop', { workflowId: randomUUID(), taskQueue, args: [{}] });
      if (index < finished) await handle.terminate();
      if ((index + 1) % SAY_EVERY === 0) say(`${index + 1} of ${finished + open} jobs made`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, add));
}

async function many(ask: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: ASKERS }, ask));
}

/** @param apartMs from an answer to the next question */
async function timed(title: string, ask: () => Promise<unknown>, apartMs = 0): Promise<Question> {
  const taken: number[] = [];
  for (let call = 0; call < TIMES; call += 1) {
    const startedAt = performance.now();
    await ask();
    taken.push(performance.now() - startedAt);
    await sleep(apartMs);
  }
  return { title, p50: percentile(taken, 50), p95: percentile(taken, 95) };
}
