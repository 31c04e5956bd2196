/** Values of any size and depth, wherever a job can have one: carried, stored or refused; no job is stuck or tried for ever. */
import { rm, stat, truncate, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { JobClient, type JobHandle } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { createWorker, handle, type HandlerContext } from '../../src/worker.ts';
import {
  connectClient,
  eventually,
  ownQueue,
  payloadFolder,
  type RunningWorker,
  runWorker,
  serverAddress,
  silentLog,
  startWorker,
  temporalClient,
} from '../support/jobs.ts';
import { nested, storedValues, textOf } from '../support/stored-values.ts';

const anything: z.ZodType = z.unknown();
const queue = ownQueue();
const retry = { maxAttempts: 2, initialInterval: 1 } as const;
const echo = defineJob({ name: 'echo', input: anything, queue, retry });
const doing = defineJob({ name: 'doing', input: z.object({ does: z.string() }), queue, retry });
const FIVE_MB = 5_000_000;

const deeds: Record<string, (context: HandlerContext) => unknown> = {
  'return 64 levels': () => nested(64),
  'return 65 levels': () => nested(65),
  'return 10 000 levels': () => nested(10_000),
  'return the key of references': () => ({ 'holdfast:payload': { id: 'x', bytes: 1, sha256: '' } }),
  'keep 64 levels': (context) => context.checkpoint(nested(64)),
  'keep 65 levels': (context) => context.checkpoint(nested(65)),
  'keep 5 MB': (context) => context.checkpoint(textOf(FIVE_MB)),
  'report 5 MB of message': (context) => {
    context.progress(50, textOf(FIVE_MB));
    return context.signal.aborted;
  },
  'report 5 MB of unit': (context) => context.progress({ done: 1, total: 2, unit: textOf(FIVE_MB) }),
  'throw 5 MB': () => {
    throw new Error(textOf(FIVE_MB));
  },
};

let worker: RunningWorker;
beforeAll(async () => {
  const run = ({ does }: { does: string }, context: HandlerContext): unknown => deeds[does]?.(context);
  worker = await startWorker({ jobs: [handle(echo, (input) => input), handle(doing, run)] });
});
afterAll(() => worker.stop());

/** The same worker still works. */
async function expectWorkerAlive(client: JobClient): Promise<void> {
  expect(await (await client.add(echo, 'alive')).result()).toBe('alive');
}

async function ended(job: JobHandle): Promise<JobSnapshot> {
  await job.result().catch(() => undefined);
  return await job.get();
}

async function makeOld(jobId: string): Promise<void> {
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const path of await storedValues(jobId)) await utimes(path, hoursAgo, hoursAgo);
}

describe('a value as input and as result', () => {
  const sizes = [1_899_999, 1_900_000, 1_900_001, 2_000_000, 2_097_151, 2_097_152, 2_097_153, FIVE_MB];
  test.each(sizes)('of %d bytes arrives whole, and is stored when it is over 1.9 MB', async (bytes) => {
    const client = await connectClient();
    const job = await client.add(echo, textOf(bytes));
    expect(await job.result()).toBe(textOf(bytes));
    expect(await job.get()).toMatchObject({ status: 'completed', attempt: 1, input: textOf(bytes), output: textOf(bytes) });
    expect(await storedValues(job.id)).toHaveLength(bytes > 1_900_000 ? 1 : 0);
    await expectWorkerAlive(client);
  });

  test('over 10 MB is shown as its reference; the result is the whole', async () => {
    const client = await connectClient();
    const job = await client.add(echo, textOf(10_000_001));
    expect(await job.result()).toBe(textOf(10_000_001));
    const reference = { 'holdfast:payload': { id: expect.any(String) as string, bytes: 10_000_001, sha256: expect.any(String) as string } };
    expect(await job.get()).toMatchObject({ status: 'completed', input: reference, output: reference });
  });

  test('of 64 levels is carried both ways', async () => {
    const client = await connectClient();
    expect(await (await client.add(echo, nested(64))).result()).toEqual(nested(64));
    expect(await (await client.add(doing, { does: 'return 64 levels' })).result()).toEqual(nested(64));
  });

  test.each([[65], [10_000]])('of %d levels is refused when it is added', async (levels) => {
    const client = await connectClient();
    await expect(client.add(echo, nested(levels))).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'The input of "echo" is nested deeper than 64 levels. Flatten it, or pass the deep part as a text.',
    });
  });

  test('over 100 MB is refused when it is added', async () => {
    const client = await connectClient();
    await expect(client.add(echo, textOf(100_000_001))).rejects.toMatchObject({
      code: 'payload-too-large',
      message: expect.stringMatching(/^The input of "echo" is 100000001 bytes of JSON; at most 100000000 can be carried\./) as string,
    });
  });
});

describe('a handler', () => {
  test.each([
    ['return 65 levels', 'invalid-output', /^The output of "doing" is nested deeper than 64 levels\./],
    ['return 10 000 levels', 'invalid-output', /^The output of "doing" is nested deeper than 64 levels\./],
    ['return the key of references', 'invalid-output', /^The output of "doing" has the key "holdfast:payload", which is Holdfast's own\./],
    ['keep 65 levels', expect.any(String), /^The checkpoint of "doing" is nested deeper than 64 levels\./],
    ['keep 5 MB', 'payload-too-large', /^The checkpoint of "doing" is 5000000 bytes of JSON; at most 65536 can be carried\./],
  ])('that does %s fails at once, since trying again cannot help', async (does, code, message) => {
    const client = await connectClient();
    const error = { code: code as string, message: expect.stringMatching(message) as string };
    expect(await ended(await client.add(doing, { does }))).toMatchObject({ status: 'failed', attempt: 1, error });
    await expectWorkerAlive(client);
  });

  test.each([['keep 64 levels'], ['report 5 MB of message'], ['report 5 MB of unit']])('that does %s completes', async (does) => {
    const client = await connectClient();
    const job = await ended(await client.add(doing, { does }));
    expect(job).toMatchObject({ status: 'completed', attempt: 1 });
    expect(JSON.stringify(job.progress).length).toBeLessThan(1000);
  });

  test('that throws 5 MB of message is tried again, and fails with the beginning of it', async () => {
    const client = await connectClient();
    const job = await ended(await client.add(doing, { does: 'throw 5 MB' }));
    expect(job).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'handler-failed', message: textOf(4002) } });
    await expectWorkerAlive(client);
  });
});

describe('a stored value', () => {
  const waiting = defineJob({ name: 'waiting', input: anything, queue: ownQueue() });

  test.each([
    ['is gone', (path: string) => rm(path), /^The stored value \S+ is not there: it was removed, or written into another folder/],
    ['is damaged', (path: string) => truncate(path, 1_000_000), /^The stored value \S+ is damaged \(payload folder /],
  ])('that %s fails its job at once as payload-missing', async (_how, harm, message) => {
    const client = await connectClient();
    const job = await client.add(waiting, textOf(2_000_000));
    for (const path of await storedValues(job.id)) await harm(path);
    let calls = 0;
    await runWorker({ jobs: [handle(waiting, () => (calls += 1))] });
    await expect(job.result()).rejects.toMatchObject({ code: 'payload-missing', message: expect.stringMatching(message) as string });
    expect(await job.get()).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { code: 'payload-missing' },
      attempts: [{ outcome: 'failed', error: { code: 'payload-missing' } }],
      input: { 'holdfast:payload': { bytes: 2_000_000 } },
    });
    expect(calls).toBe(0);
  });

  test('that is gone leaves an onFail without its input: the hook is not called, and the job says what was gone', async () => {
    const contract = defineJob({ name: 'with-clean-up', input: anything, queue: ownQueue(), cleanUp: '10s' });
    const client = await connectClient();
    const job = await client.add(contract, textOf(2_000_000));
    for (const path of await storedValues(job.id)) await rm(path);
    const calls: string[] = [];
    const note = (call: string) => () => void calls.push(call);
    await runWorker({ jobs: [handle(contract, note('handler'), { onFail: note('onFail') })] });
    await expect(job.result()).rejects.toMatchObject({ code: 'payload-missing' });
    expect(calls).toEqual([]);
  });

  test('of a finished job that is gone: result says so, get works', async () => {
    const client = await connectClient();
    const job = await client.add(echo, textOf(2_000_000));
    await job.result();
    for (const path of await storedValues(job.id)) await rm(path);
    await expect(job.result()).rejects.toMatchObject({
      code: 'payload-missing',
      message: expect.stringContaining('is not there') as string,
    });
    const reference = { 'holdfast:payload': { bytes: 2_000_000 } };
    expect(await job.get()).toMatchObject({ status: 'completed', input: reference, output: reference });
  });

  test('is for its owner alone', async () => {
    const client = await connectClient();
    const job = await client.add(waiting, textOf(2_000_000), { delay: '1h' });
    const [path = ''] = await storedValues(job.id);
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  });

  test('goes with its job when the job is deleted', async () => {
    const client = await connectClient();
    const job = await client.add(echo, textOf(2_000_000));
    await job.result();
    await client.delete(job.id);
    expect(await storedValues(job.id)).toEqual([]);
  });

  test('of a run before is swept once its job has run anew with other values and ended', async () => {
    const client = await connectClient();
    const options = { dedupeKey: ownQueue(), dedupeWindow: 1 };
    const first = await client.add(echo, textOf(2_000_000), options);
    await first.result();
    const [before = ''] = await storedValues(first.id);
    const second = await client.add(echo, [textOf(2_000_000)], options);
    expect(second.deduplicated).toBe(false);
    await second.result();
    await makeOld(first.id);
    await runWorker({ jobs: [handle({ ...waiting, queue: ownQueue() }, () => 1)] });
    await eventually('the first value to be swept', async () => !(await storedValues(first.id)).includes(before));
    expect(await second.result()).toEqual([textOf(2_000_000)]);
  });

  test('of a job that was removed by other tools is swept when it is over an hour old, that of an open one is kept', async () => {
    const client = await connectClient();
    const { workflow } = await temporalClient();
    const [removed, open] = [
      await client.add(waiting, textOf(2_000_000), { delay: '1h' }),
      await client.add(waiting, textOf(2_000_001), { delay: '1h' }),
    ];
    for (const { id } of [removed, open]) await makeOld(id);
    const { workflowService } = workflow;
    await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId: removed.id } });
    await eventually('the job to be gone', async () => (await client.get(removed.id)) === undefined);
    await runWorker({ jobs: [handle({ ...waiting, queue: ownQueue() }, () => 1)] });
    await eventually('its value to be swept', async () => (await storedValues(removed.id)).length === 0);
    expect(await storedValues(open.id)).toHaveLength(1);
  });
});

describe('without a payload folder', () => {
  const plain = defineJob({ name: 'plain', input: anything, queue: ownQueue(), retry });

  async function withoutFolder(): Promise<JobClient> {
    return await JobClient.connect({ address: serverAddress() });
  }

  test('1.9 MB is carried, a byte more refused as input, and fails the job at once as result', async () => {
    const client = await withoutFolder();
    const alone = await createWorker({
      address: serverAddress(),
      log: silentLog,
      jobs: [handle(plain, (input) => (input === 'grow' ? textOf(1_900_001) : input))],
    });
    const running = alone.run();
    try {
      expect(await (await client.add(plain, textOf(1_900_000))).result()).toBe(textOf(1_900_000));
      const refusal = {
        code: 'payload-too-large',
        message: expect.stringMatching(/ is 1900001 bytes of JSON; at most 1900000 can be carried\. .*HOLDFAST_PAYLOADS/) as string,
      };
      await expect(client.add(plain, textOf(1_900_001))).rejects.toMatchObject(refusal);
      expect(await ended(await client.add(plain, 'grow'))).toMatchObject({ status: 'failed', attempt: 1, error: refusal });
      const stored = await (await connectClient()).add(plain, textOf(2_000_000));
      expect(await ended(stored)).toMatchObject({
        status: 'failed',
        attempt: 1,
        error: { code: 'payload-missing', message: expect.stringContaining('this process was given none') as string },
      });
    } finally {
      alone.shutdown();
      await running;
      await client.close();
    }
  });

  test('a folder cannot be used with a server that other machines reach', async () => {
    const refused = { code: 'invalid-config', message: expect.stringContaining('other machines would not find') as string };
    const far = { address: '203.0.113.9:7233', payloads: payloadFolder() };
    await expect(JobClient.connect(far)).rejects.toMatchObject(refused);
    await expect(createWorker({ ...far, jobs: [handle(plain, () => 1)] })).rejects.toMatchObject(refused);
  });
});
