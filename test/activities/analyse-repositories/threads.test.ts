/** An analysis works in a thread: what happens to that thread does not happen to the worker. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { AnalysisThreads } from '../../../src/activities/analyse-repositories/analysis-threads.ts';
import { analyseRepositoryHandler } from '../../../src/activities/analyse-repositories/analyse-repository.ts';
import { JobError } from '../../../src/contract/errors.ts';
import { addTreeBomb, makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench, contextOf } from './run-analysis.ts';

const bench = new Bench();
afterAll(() => bench.remove());

const options = { window: 4, timeLimitMs: 60_000, maxDiskMb: 10, maxEntries: 500_000 };
const inputOf = (source: string): Parameters<ReturnType<typeof analyseRepositoryHandler>>[0] => ({
  repository: { source, name: 'x' },
  options,
  detailBytes: 5000,
});

function threadsOfProcess(): number {
  return existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0;
}

/** CPU that the main thread has taken, in ticks of 10 ms. Unlike times, it is the same on a busy machine. */
function mainThreadTicks(): number {
  const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test('the work is not done in the thread that the heartbeats of the worker come from', async (context) => {
  if (process.platform !== 'linux') return context.skip('the CPU of one thread is read from /proc');
  const folder = makeRepository(join(bench.repositories, 'busy'), manyCommits(3000, { authors: 7 }));
  await bench.analyse({ repository: folder });
  const [ticks, usage] = [mainThreadTicks(), process.cpuUsage()];
  for (let number = 0; number < 3; number += 1) await bench.analyse({ repository: folder });
  const { user, system } = process.cpuUsage(usage);
  const share = ((mainThreadTicks() - ticks) * 10_000) / (user + system);
  expect(share).toBeLessThan(0.25);
});

test('an analysis that needs too much memory ends alone, and says what to do', async () => {
  const large = makeRepository(join(bench.repositories, 'large'), []);
  addTreeBomb(large, 5);
  const small = makeRepository(join(bench.repositories, 'small'), manyCommits(20));
  const handler = analyseRepositoryHandler({ allowedRoots: [bench.repositories], workDir: bench.workDir, cacheMb: 0, memoryMb: 16 });
  const [error, report] = await Promise.all([
    errorOf(Promise.resolve(handler(inputOf(large), contextOf({})))),
    handler(inputOf(small), contextOf({ jobId: 'job-2' })),
  ]);
  expect([error.code, error.retryable, error.details]).toEqual(['limit-exceeded', false, { limit: 'memoryMb', memoryMb: 16 }]);
  expect(error.message).toContain('needs more than 16 MB of memory. Raise memoryMb');
  expect(report).toMatchObject({ commits: { total: 20 } });
  expect(bench.leftovers()).toEqual([]);
});

test('one handler analyses one repository after the other, and several at once', async () => {
  const handler = analyseRepositoryHandler({ allowedRoots: [bench.repositories], workDir: bench.workDir, cacheMb: 0 });
  const counts = [30, 40, 50, 60];
  const folders = counts.map((count) => makeRepository(join(bench.repositories, `of-${count}`), manyCommits(count)));
  const commitsOf = async (source: string, index: number): Promise<number> =>
    (await handler(inputOf(source), contextOf({ jobId: `job-${index}` }))).commits.total;
  const [first = '', second = '', ...others] = folders;
  expect([await commitsOf(first, 1), await commitsOf(second, 2)]).toEqual([30, 40]);
  expect((await errorOf(Promise.resolve(handler(inputOf(`${bench.repositories}/none`), contextOf({}))))).code).toBe('source-unreadable');
  expect(await Promise.all(others.map(commitsOf))).toEqual([50, 60]);
  expect(await commitsOf(first, 1)).toBe(30);
});

test('settings that are not for the analysis are not handed to its thread', async () => {
  const folder = makeRepository(join(bench.repositories, 'others'), manyCommits(10));
  // A function cannot be copied: it would be an error.
  const others = { exports: { storage: bench.root, open: () => {} } };
  const handler = analyseRepositoryHandler({ allowedRoots: [bench.repositories], workDir: bench.workDir, cacheMb: 0, ...others });
  expect((await handler(inputOf(folder), contextOf({}))).commits.total).toBe(10);
});

describe('a thread', () => {
  const program = new URL('support/odd-thread.mjs', import.meta.url);
  const settings = { allowedRoots: [], workDir: bench.workDir };

  async function runOdd(source: string, signal = new AbortController().signal, onProgress: () => void = () => {}): Promise<unknown> {
    const threads = new AnalysisThreads({ program, patienceMs: 50 });
    return await threads.run({ input: inputOf(source), settings, folder: bench.root }, { languages: [], signal, onProgress });
  }

  test('that does not stop when it is told to is ended, and the reason of the stop is thrown', async () => {
    const controller = new AbortController();
    const reason = new JobError('cancelled');
    const before = threadsOfProcess();
    let during = 0;
    const onProgress = (): void => {
      during = threadsOfProcess();
      controller.abort(reason);
    };
    expect(await errorOf(runOdd('stuck', controller.signal, onProgress))).toBe(reason);
    expect(process.platform !== 'linux' || during > before).toBe(true);
    await vi.waitFor(() => expect(threadsOfProcess()).toBeLessThanOrEqual(before));
  });

  test('is not started for an analysis that was stopped before', async () => {
    const reason = new JobError('cancelled');
    expect(await errorOf(runOdd('stuck', AbortSignal.abort(reason)))).toBe(reason);
  });

  test('is kept for the next analysis, and ended when none comes', async () => {
    const run = async (threads: AnalysisThreads): Promise<unknown> => {
      const task = { input: inputOf('says which it is'), settings, folder: bench.root };
      return await threads.run(task, { languages: [], signal: new AbortController().signal, onProgress: () => {} });
    };
    const keeping = new AnalysisThreads({ program });
    expect(await run(keeping)).toBe(await run(keeping));
    const impatient = new AnalysisThreads({ program, idleMs: 1 });
    const first = await run(impatient);
    await vi.waitFor(async () => expect(await run(impatient)).not.toBe(first));
  });

  test('that ends by itself fails its analysis', async () => {
    await expect(runOdd('ends')).rejects.toThrow('The thread of the analysis ended before its work did.');
  });

  test('fails its analysis when whoever listens to it throws', async () => {
    const onProgress = (): never => {
      throw new Error('I do not listen.');
    };
    await expect(runOdd('stuck', new AbortController().signal, onProgress)).rejects.toThrow('I do not listen.');
  });

  test('that falls over fails its analysis', async () => {
    await expect(runOdd('throws')).rejects.toThrow('It fell over.');
  });
});
