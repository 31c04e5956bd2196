/** The multi-step jobs of the tests beside it. */
import { ApplicationFailure } from '@temporalio/workflow';
import { jobWorkflow, jobWorkflows } from '../../src/workflows/index.ts';
import type { cleaned, course, step } from './multi-step-jobs.ts';

/** One job type whose input says what to do: bundling a file of workflows takes seconds. */
const body = jobWorkflow<typeof course>('course', async (input, job) => {
  job.cleanUp(() => job.run<typeof cleaned>('cleaned', { id: input.id, what: 'first registered' }));
  job.cleanUp(() => job.run<typeof cleaned>('cleaned', { id: input.id, what: 'last registered', fail: input.failCleanUp }));
  const run = (what: string, share = 0): Promise<unknown> =>
    job.run<typeof step>('step', { id: input.id, what }, { share, label: `the ${what}` });
  switch (input.course) {
    case 'steps': {
      job.progress(10, 'begun');
      const outputs = await Promise.all([run('gated', 0.4), run('gated', 0.4)]);
      return { outputs, times: input.times };
    }
    case 'settle':
      return [
        await job.settle<typeof step>('step', { id: input.id, what: 'echo' }),
        await job.settle<typeof step>('step', { id: input.id, what: 'fails' }, { retry: { maxAttempts: 2, initialInterval: 1 } }),
      ];
    case 'large output of a child':
      return await job.child<typeof step>('step', { id: input.id, what: 'large' });
    case 'child':
      return await job.child<typeof step>('step', { id: input.id, what: 'gated' });
    case 'children':
      return await job.children<typeof step>(
        'step',
        [
          { id: input.id, what: 'echo' },
          { id: input.id, what: 'fails' },
        ],
        { onFailure: 'collect' },
      );
    case 'children that share':
      return await job.children<typeof step>(
        'step',
        ['waits for its signal', 'fails', 'echo'].map((what) => ({ id: input.id, what })),
        { onFailure: 'cancel-rest', group: true },
      );
    case 'one fails':
      return await Promise.all([run('waits for its signal'), run('fails')]);
    case 'left alone':
      void run('waits for its signal');
      void run('fails later');
      await run('started by now');
      throw new TypeError('thrown in the body');
    case 'taken out': {
      const { run: taken } = job;
      return await taken<typeof step>('step', { id: input.id, what: 'echo' });
    }
    case 'too large':
      return Array.from({ length: 10 }, () => 'x'.repeat(200_000));
    case 'deep':
      return Array.from({ length: 64 }).reduce<unknown>((inner) => [inner], []);
    case 'huge error':
      throw Object.assign(new Error('x'.repeat(5_000_000)), {
        name: 'JobError',
        code: 'conflict',
        details: { big: 'x'.repeat(5_000_000) },
      });
    case 'huge failure':
      throw ApplicationFailure.create({
        message: 'x'.repeat(5_000_000),
        type: 'E'.repeat(5_000_000),
        details: ['x'.repeat(5_000_000), 1n],
      });
    case 'no JSON':
      return { big: 1n };
    case 'step input too large':
      return await run('x'.repeat(2_000_000));
    case 'share over 1':
      return await run('echo', 1.5);
    case 'undefined thrown':
      // eslint-disable-next-line typescript/only-throw-error -- what a body may do
      throw undefined;
    default:
      return await run(input.course);
  }
});

export default jobWorkflows(body);
