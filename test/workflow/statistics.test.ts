/** What workers count of their jobs is kept by one workflow per queue, which is no job. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, type JobContract } from '../../src/contract/index.ts';
import { countOf } from '../../src/contract/statistics/quantile-sketch.ts';
import {
  type QueueStatistics,
  STATISTICS_SIGNAL,
  STATISTICS_TYPE,
  statisticsId,
  statisticsInMemo,
} from '../../src/contract/statistics/queue-statistics.ts';
import { emptyType } from '../../src/contract/statistics/type-statistics.ts';
import { handle } from '../../src/worker.ts';
import { SIGNALS_OF_A_RUN } from '../../src/workflows/statistics.ts';
import { connectClient, eventually, ownQueue, runWorker, temporalClient } from '../support/jobs.ts';

const anything: z.ZodType = z.unknown();

function contractOf(name = 'counted'): JobContract & { queue: string } {
  return defineJob({ name, input: anything, queue: ownQueue(), retry: { maxAttempts: 2, initialInterval: 1 } });
}

function fail(): never {
  throw Object.assign(new Error('row 17 is broken'), { code: 'E_ROW' });
}

/** The statistics of the queue, as its workflow's memo has them; undefined when there are none that fit. */
async function statisticsOf(queue: string, fits: (statistics: QueueStatistics) => boolean): Promise<QueueStatistics> {
  const { workflow } = await temporalClient();
  return await eventually('the statistics', async () => {
    const description = await workflow
      .getHandle(statisticsId(queue))
      .describe()
      .catch(() => undefined);
    const statistics = statisticsInMemo(description?.memo ?? {});
    return fits(statistics) ? statistics : undefined;
  });
}

describe('the statistics of a queue', () => {
  test('count what its workers did within seconds', async () => {
    const contract = contractOf();
    const { queue } = contract;
    const client = await connectClient();
    const before = Date.now();
    const jobs = await Promise.all(['good', 'bad', 'good'].map((input) => client.add(contract, input)));
    await runWorker({ jobs: [handle(contract, (input) => (input === 'bad' ? fail() : input))] });
    await Promise.allSettled(jobs.map((job) => job.result()));
    const { counted } = await statisticsOf(queue, ({ counted }) => counted?.completed === 2 && counted.failed === 1);
    expect(counted).toMatchObject({ started: 3, completed: 2, failed: 1, cancelled: 0, retries: 1 });
    expect(countOf(counted?.run ?? emptyType(0).run)).toBe(2);
    expect(countOf(counted?.wait ?? emptyType(0).wait)).toBe(3);
    expect(counted?.since).toBeGreaterThanOrEqual(before);
    expect(Object.values(counted?.errors ?? {})).toMatchObject([
      { code: 'E_ROW', pattern: 'row <number> is broken', count: 2, jobId: jobs[1]?.id, message: 'row 17 is broken' },
    ]);
  });

  test('hold what a worker counted last before it was shut down', async () => {
    const contract = contractOf();
    const client = await connectClient();
    const worker = await runWorker({ jobs: [handle(contract, () => 1)] });
    await (await client.add(contract, {})).result();
    await worker.stop();
    // Whoever comes next carries out what is left to do.
    await runWorker({ jobs: [handle(contract, () => 1)] });
    expect(await statisticsOf(contract.queue, ({ counted }) => counted?.completed === 1)).toBeDefined();
  });

  test('are in no list and no count, and no job has their id', async () => {
    const contract = contractOf();
    const { queue } = contract;
    const client = await connectClient();
    await runWorker({ jobs: [handle(contract, () => 1)] });
    const { id } = await client.add(contract, {});
    await client.result(id);
    await statisticsOf(queue, ({ counted }) => counted?.completed === 1);
    const { workflow } = await temporalClient();
    await eventually('the index', async () => (await workflow.count(`TaskQueue = '${queue}'`)).count === 2);
    expect((await client.list({ queue })).jobs.map((job) => job.id)).toEqual([id]);
    expect(await client.count({ queue })).toMatchObject({ completed: 1, processing: 0, queued: 0 });
    expect(await client.get(statisticsId(queue))).toBeUndefined();
    await expect(client.cancel(statisticsId(queue))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('count nothing that others signal, and go on', async () => {
    const contract = contractOf();
    const { workflow } = await temporalClient();
    for (const nonsense of [undefined, 7, { counted: { started: 'x' } }, { counted: null }])
      await workflow.signalWithStart(STATISTICS_TYPE, {
        workflowId: statisticsId(contract.queue),
        taskQueue: contract.queue,
        signal: STATISTICS_SIGNAL,
        signalArgs: [nonsense],
      });
    await runWorker({ jobs: [handle(contract, () => 1)] });
    const statistics = workflow.getHandle(statisticsId(contract.queue));
    const ends = await eventually('the first workflow task to end', async () => {
      const { events } = await statistics.fetchHistory();
      const ends = events?.flatMap((event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskCompletedEventAttributes ?? []);
      return ends?.length === 0 ? undefined : ends;
    });
    expect(ends).toEqual([expect.not.objectContaining({ cause: expect.anything() as number })]);
    const client = await connectClient();
    await (await client.add(contract, {})).result();
    expect(await statisticsOf(contract.queue, ({ counted }) => counted?.completed === 1)).toBeDefined();
  });

  test('go on in a new run after 200 signals, with nothing lost and the run before removed', async () => {
    const contract = contractOf();
    const { queue } = contract;
    const temporal = await temporalClient();
    const client = await connectClient();
    await runWorker({ jobs: [handle(contract, () => 1)] });
    await (await client.add(contract, {})).result();
    await statisticsOf(queue, ({ counted }) => counted?.completed === 1);
    const statistics = temporal.workflow.getHandle(statisticsId(queue));
    const first = (await statistics.describe()).runId;
    const added = { counted: { ...emptyType(Date.now()), completed: 1 } };
    await Promise.all(Array.from({ length: SIGNALS_OF_A_RUN }, () => statistics.signal(STATISTICS_SIGNAL, added)));
    await statisticsOf(queue, ({ counted }) => counted?.completed === 1 + SIGNALS_OF_A_RUN);
    const second = await eventually('a second run', async () => {
      const { runId } = await statistics.describe();
      return runId === first ? undefined : runId;
    });
    expect((await temporal.workflow.getHandle(statisticsId(queue), second).describe()).status.name).toBe('RUNNING');
    // The worker's next signal goes to the new run, and it removes the old one.
    await (await client.add(contract, {})).result();
    await eventually('the old run to be gone', () =>
      temporal.workflow
        .getHandle(statisticsId(queue), first)
        .describe()
        .then(
          () => false,
          () => true,
        ),
    );
    await statisticsOf(queue, ({ counted }) => counted?.completed === 2 + SIGNALS_OF_A_RUN);
  });
});
