/** How a test environment begins and ends: its options, several at once, multi-step jobs, and no word on the terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers } from '../../src/embedded/ports.ts';
import { type TestEnvironment, testEnvironment, type TestEnvironmentOptions } from '../../src/testing/index.ts';
import { handle, multiStep } from '../../src/worker.ts';
import { announceAlbum, publishAlbum, removeScratchFiles, resizePhoto } from '../../examples/multi-step/jobs.ts';
import { eventually } from '../support/jobs.ts';
import { flaky, greet, handled } from './jobs.ts';

const root = resolve(import.meta.dirname, '../..');

async function start(options: TestEnvironmentOptions): Promise<TestEnvironment> {
  const environment = await testEnvironment(options);
  onTestFinished(() => environment.close());
  return environment;
}

describe('the options', () => {
  it.each([
    [
      'an unknown one',
      { jobs: handled, worker: 1 },
      { code: 'invalid-options', message: /Unknown test environment options: "worker"\. Known are: jobs, / },
    ],
    [
      'a concurrency of 0',
      { jobs: handled, concurrency: 0 },
      { code: 'invalid-options', message: /Expected concurrency to be a whole number from 1/ },
    ],
    ['no job', { jobs: [] }, { code: 'invalid-options', message: /needs at least one job/ }],
    ['a job twice', { jobs: [...handled, ...handled] }, { code: 'invalid-contract', message: /given twice/ }],
    [
      'a file without workflows',
      { jobs: handled, workflows: '/nowhere/workflows.ts' },
      { code: 'invalid-config', message: /cannot be bundled/ },
    ],
  ])('refuse %s', async (_what, options, { code, message }) => {
    await expect(testEnvironment(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as unknown });
  });
});

describe('an environment', () => {
  it('is apart from another one in the same process', async () => {
    const [one, other] = await Promise.all([start({ jobs: handled }), start({ jobs: handled })]);
    const job = await one.jobs.add(greet, { name: 'one' }, { delay: '1d' });
    expect(await job.result()).toBe('Hello one');
    expect(await other.jobs.get(job.id)).toBeUndefined();
    expect((await one.time.now()) - (await other.time.now())).toBeGreaterThan(20 * 3_600_000);
    await expect(other.attemptTimes(job.id)).rejects.toMatchObject({ code: 'not-found' });
    await one.close();
    await one.close();
    await expect((await other.jobs.add(greet, { name: 'other' })).result()).resolves.toBe('Hello other');
  });

  it('ends with its block, by await using', async () => {
    let kept: TestEnvironment | undefined;
    {
      await using environment = await testEnvironment({ jobs: handled });
      kept = environment;
    }
    await expect(kept.jobs.add(greet, { name: 'too late' })).rejects.toMatchObject({ code: 'internal' });
  });

  it('runs multi-step jobs, and tells the times of each kind of step', { timeout: 120_000 }, async () => {
    const removed: string[] = [];
    const environment = await start({
      workflows: resolve(root, 'examples/multi-step/workflows.ts'),
      jobs: [
        multiStep(publishAlbum),
        handle(resizePhoto, ({ width }, ctx) => {
          if (ctx.attempt === 1) throw new Error('out of memory');
          return { bytes: width };
        }),
        handle(announceAlbum, () => ({ address: 'https://albums.example/1' })),
        handle(removeScratchFiles, ({ albumId }) => removed.push(albumId)),
      ],
    });
    const job = await environment.jobs.add(publishAlbum, { title: 'One', photos: ['a.jpg'] }, { delay: '2h' });
    expect(await job.result()).toEqual({ address: 'https://albums.example/1', bytes: 800 });
    expect(removed).toEqual([job.id]);
    const [first = 0, second = 0] = await environment.attemptTimes(job.id, 'resize-photo');
    expect(first).toBeGreaterThanOrEqual(2 * 3_600_000);
    expect(second - first).toBeGreaterThanOrEqual(1000);
    expect(await environment.attemptTimes(job.id)).toHaveLength(3);
  });

  it('tells failed attempts to the log that it is given', async () => {
    const lines: string[] = [];
    const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      void lines.push(`${message} ${String(fields?.['attempt'])}`);
    const environment = await start({ jobs: handled, log: { debug: () => undefined, info: note, warn: note, error: note } });
    await (await environment.jobs.add(flaky, { until: 3 })).result();
    expect(lines).toEqual(['attempt failed 1 of 3', 'attempt failed 2 of 3']);
  });
});

describe('the test server', () => {
  it('ends when its process is killed', async () => {
    const module = pathToFileURL(resolve(root, 'dist/testing/test-server.js')).href;
    const program = `const { startTestServer } = await import('${module}'); console.log((await startTestServer()).address); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line.toString().trim().split(':')[1]);
    expect(await answers(port)).toBe(true);
    child.kill('SIGKILL');
    await eventually('the end of the server', async () => !(await answers(port)));
  });
});

describe("in a test of node's own runner, which loads the package as it is shipped", () => {
  const program = `
    import assert from 'node:assert/strict';
    import test from 'node:test';
    import { defineJob, handle } from 'holdfast';
    import { testEnvironment } from 'holdfast/testing';
    import { z } from 'zod';

    test('an hour passes', async () => {
      const later = defineJob({ name: 'later', input: z.object({}) });
      const handler = (_input, { attempt }) => { if (attempt === 1) throw new Error('once'); return attempt; };
      const environment = await testEnvironment({ jobs: [handle(later, handler)] });
      const job = await environment.jobs.add(later, {}, { delay: '1h' });
      assert.equal(await job.result(), 2);
      await environment.close();
    });
  `;

  it('the environment works, writes nothing, and lets the process end', async () => {
    // Within the package, so that its own name leads to it.
    const file = resolve(root, 'dist', `node-test-${process.pid}.mjs`);
    await writeFile(file, program);
    onTestFinished(() => rm(file, { force: true }));
    const child = spawn(process.execPath, ['--test', '--test-reporter=tap', file], { cwd: root });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(out).toMatch(/^# pass 1$/m);
    expect(`${out}${err}`).not.toMatch(/WARN|ERROR|attempt failed/);
    expect(err).toBe('');
  });
});
