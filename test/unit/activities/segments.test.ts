/** A call of a batch by itself: what it gives back when its turn is over, and what another worker makes of what it left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Info } from '@temporalio/activity';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { handle, type Handler } from '../../../src/activities/handle.ts';
import { HandlerLimit } from '../../../src/activities/handler-limit.ts';
import { runSegments } from '../../../src/activities/segments.ts';
import type { AttemptState } from '../../../src/contract/attempts.ts';
import { inputsName, type SegmentsCall, type SegmentsResult } from '../../../src/contract/batch.ts';
import { defineJob } from '../../../src/contract/define-job.ts';
import { BatchValues } from '../../../src/payloads/batch-values.ts';
import { CarriedValues } from '../../../src/payloads/carried-values.ts';
import { FolderStore } from '../../../src/payloads/folder-store.ts';
import { handlerHost } from './support/host.ts';

const ID = '01a21a54-a084-79da-a7ff-8cf34a40ec67';
const ITEMS = 3000;
const contract = defineJob({ name: 'index', input: z.number(), retry: { maxAttempts: 2, initialInterval: '10s' } });

interface Given {
  readonly handler: Handler<typeof contract>;
  readonly call?: Partial<SegmentsCall>;
  /** What the worker before left in its heartbeats, whose death this is the attempt after. */
  readonly details?: AttemptState;
}

/** Three segments of numbers, in a folder of their own. */
async function batch() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-segments-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = new FolderStore(folder, () => Promise.resolve('namespace'));
  const numbers = Array.from({ length: ITEMS }, (_none, input) => ({ input }));
  for (const segment of [0, 1, 2])
    await store.putNamed(ID, inputsName(segment), Buffer.from(JSON.stringify(numbers.slice(segment * 1000, segment * 1000 + 1000))));
  const values = new CarriedValues(store);
  const beats: AttemptState[] = [];
  const run = async ({ handler, call = {}, details }: Given): Promise<SegmentsResult> => {
    const info = {
      attempt: details === undefined ? 1 : 2,
      heartbeatDetails: details,
      activityType: 'index[]',
      activityId: 'segments-0',
      taskQueue: 'jobs',
      workflowExecution: { workflowId: ID, runId: 'run' },
    } as Info;
    const context = Object.assign({} as Context, {
      info,
      heartbeat: (state: AttemptState) => beats.push(JSON.parse(JSON.stringify(state)) as AttemptState),
      cancellationSignal: new AbortController().signal,
      cancellationDetails: undefined,
    });
    const host = handlerHost({ values });
    const options = { batch: { items: ITEMS, run: 1, since: 1, segments: [] } };
    const limit = new HandlerLimit(100);
    const given = { segments: [0, 1, 2], turnMs: 60_000, ...call };
    const { output } = await runSegments(handle(contract, handler), given, { context, options, host, limit });
    return output as SegmentsResult;
  };
  return { run, beats, values: new BatchValues(values, { id: ID, run: 1, since: 1 }) };
}

const all = (completed: number) => ({ completed, failed: 0, cancelled: 0 });

describe('a call of a batch', () => {
  test('works through its segments, and writes the results of each', async () => {
    const { run, values } = await batch();
    expect(await run({ handler: (n) => 2 * n })).toEqual({ counts: all(3000) });
    const results = await values.results(1, 2);
    expect(results?.map((outcome) => [outcome.job, 'output' in outcome && outcome.output])).toEqual(
      Array.from({ length: 1000 }, (_none, n) => [2000 + n, 4000 + 2 * n]),
    );
  });

  test('whose turn is over between two segments gives back those that it has not begun', async () => {
    const { run } = await batch();
    const handler: Handler<typeof contract> = async (n) => (n === 999 ? await sleep(300, n) : n);
    const first = await run({ handler, call: { turnMs: 100 } });
    expect(first).toEqual({ counts: all(1000), rest: [1, 2] });
    expect(await run({ handler, call: { segments: [1, 2] } })).toEqual({ counts: all(2000) });
  });

  test('whose turn is over within one gives back that, with what has become of it, and those behind it', async () => {
    const { run } = await batch();
    const calls: number[] = [];
    const handler: Handler<typeof contract> = async (n) => {
      calls.push(n);
      await sleep(20);
    };
    const { counts, left, rest } = await run({ handler, call: { turnMs: 100 } });
    expect(counts.completed).toBeGreaterThan(100);
    expect(counts.completed).toBeLessThan(1000);
    expect(left).toMatchObject({ segment: 0, draft: 1, counts, suspects: [] });
    expect(rest).toEqual([1, 2]);
    const second = await run({ handler, call: left === undefined ? {} : { left } });
    expect(second).toEqual({ counts: all(3000 - counts.completed) });
    expect(new Set(calls).size).toBe(3000);
    expect(calls).toHaveLength(3000);
  });

  test('does not wait for an item that is due in 10 s, and says when that is', async () => {
    const { run } = await batch();
    const { counts, left } = await run({
      handler: (n) => {
        if (n === 5) throw new Error('not now');
      },
      call: { segments: [0] },
    });
    expect(counts).toEqual(all(999));
    expect((left?.dueMs ?? 0) - Date.now()).toBeGreaterThan(5000);
  });

  test('goes on where the worker before it died, with no item done twice that was told of; those that ran come last', async () => {
    const { run, beats } = await batch();
    const order: number[] = [];
    const handler: Handler<typeof contract> = async (n) => {
      order.push(n);
      await sleep(n === 0 ? 700 : 1);
    };
    const died = run({ handler, call: { segments: [0] } });
    await sleep(600);
    const details = beats.findLast(({ segment }) => segment?.running.some(({ job }) => job === 0));
    const known = details?.segment?.outcomes.length ?? 0;
    expect(known).toBeGreaterThan(0);
    order.length = 0;
    const again = await batch();
    await again.run({ handler, call: { segments: [0] }, ...(details === undefined ? {} : { details }) });
    expect(order).toHaveLength(1000 - known);
    expect(order.at(-1)).toBe(0);
    await died;
  });

  test('gives an item whose worker died twice back to the workflow, and takes what became of it', async () => {
    const { run } = await batch();
    const about = { failures: 0, uncounted: 0, deathsAlone: 0, records: [] };
    const details: AttemptState = {
      ...about,
      deaths: 1,
      segment: {
        segment: 0,
        draft: 0,
        outcomes: [{ job: 7, end: 'again', dueMs: 0, endedMs: 1, state: { ...about, deaths: 1 } }],
        running: [{ job: 7, startedMs: 1 }],
        counts: all(0),
      },
    };
    const { counts, left } = await run({ handler: (n) => n, call: { segments: [0] }, details });
    expect(counts).toEqual(all(999));
    expect(left?.suspects).toMatchObject([{ item: 7, input: 7, state: { deaths: 2 } }]);
    const outcomes = [{ job: 7, end: 'failed', endedMs: 2, error: { code: 'poison', message: 'p' } }] as const;
    const call = { segments: [0], outcomes, ...(left === undefined ? {} : { left }) };
    expect(await run({ handler: (n) => n, call })).toEqual({ counts: { completed: 0, failed: 1, cancelled: 0 } });
  });

  test('that closes says of all that has not ended that it is cancelled', async () => {
    const { run, values } = await batch();
    const handler: Handler<typeof contract> = async () => await sleep(20);
    const { counts } = await run({ handler, call: { turnMs: 100 } });
    const call = { isClosing: true as const, left: { draft: 0, counts } };
    expect(await run({ handler, call })).toEqual({ counts: { completed: 0, failed: 0, cancelled: 3000 - counts.completed } });
    expect(await values.counts(1, 0)).toEqual({ ...counts, cancelled: 1000 - counts.completed });
  });
});
