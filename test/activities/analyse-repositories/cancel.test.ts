import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { removeJobFolder } from '../../../src/activities/analyse-repositories/scratch-folder.ts';
import { JobError } from '../../../src/contract/errors.ts';
import { processesWith } from './git-processes.ts';
import { git, makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench } from './run-analysis.ts';

const bench = new Bench();
const folder = makeRepository(join(bench.repositories, 'long'), manyCommits(8000));
const head = git(folder, 'rev-parse', 'HEAD');
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(() => bench.remove());

test('a cancel in the middle of the history stops git within 200 ms', async () => {
  const controller = new AbortController();
  let cancelledAt = 0;
  const onProgress = (_percent: number, message: string): void => {
    if (cancelledAt !== 0 || !/^reading history: [1-9]/.test(message)) return;
    expect(processesWith(head)).not.toEqual([]);
    cancelledAt = performance.now();
    controller.abort(new JobError('cancelled'));
  };
  const error = await errorOf(bench.analyse({ repository: folder }, { signal: controller.signal, onProgress }));
  expect(error.code).toBe('cancelled');
  expect(performance.now() - cancelledAt).toBeLessThan(200);
  expect(processesWith(head)).toEqual([]);
});

test('a cancel before the start starts nothing', async () => {
  const error = await errorOf(bench.analyse({ repository: folder }, { signal: AbortSignal.abort(new JobError('cancelled')) }));
  expect(error.code).toBe('cancelled');
});

test('what a killed worker left behind is removed before the next attempt, and by the clean-up of the job', async () => {
  const leaveBehind = async (): Promise<void> => {
    const { makeScratchFolder } = await import('../../../src/activities/analyse-repositories/scratch-folder.ts');
    await makeScratchFolder(bench.workDir, 'job-1', `${folder} `);
  };
  await leaveBehind();
  expect(bench.leftovers()).not.toEqual([]);
  await bench.analyse({ repository: folder }, { attempt: 2 });
  expect(bench.leftovers()).toEqual([]);
  await leaveBehind();
  await removeJobFolder(bench.workDir, 'job-1');
});

test('the analysis log has a line at the start and at the end of each analysis', async () => {
  const analysisLog = join(bench.root, 'analyses.log');
  await bench.analyse({ repository: folder }, { settings: { analysisLog } });
  await errorOf(bench.analyse({ repository: `${bench.repositories}/none` }, { settings: { analysisLog }, attempt: 2 }));
  expect(readFileSync(analysisLog, 'utf8').split('\n')).toEqual([
    `start job-1 ${folder} attempt 1`,
    `end job-1 ${folder} attempt 1`,
    `start job-1 ${bench.repositories}/none attempt 2`,
    `end job-1 ${bench.repositories}/none attempt 2`,
    '',
  ]);
});
