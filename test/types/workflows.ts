/** Types of multi-step jobs, checked by the compiler: this file is never run. */
import { z } from 'zod';
import { defineJob, multiStep } from '../../src/index.ts';
import { jobWorkflow, jobWorkflows } from '../../src/workflows/index.ts';

const album = defineJob({
  name: 'album',
  input: z.object({ day: z.string().transform((day) => day.length), title: z.string().default('Untitled') }),
  output: z.object({ bytes: z.number() }),
  steps: true,
});
const photo = defineJob({
  name: 'photo',
  input: z.object({ path: z.string(), width: z.number().default(800) }),
  output: z.object({ bytes: z.number() }),
});
multiStep(album);

const rightBody = jobWorkflow<typeof album>('album', async ({ day, title }, job) => {
  // The input as the schema's defaults and transforms leave it.
  const length: number = day + title.length;
  const { bytes } = await job.run<typeof photo>('photo', { path: '/a.jpg' }, { share: 0.5, label: 'a', retry: { maxAttempts: 2 } });
  const settled = await job.settle<typeof photo>('photo', { path: '/b.jpg' });
  const other = settled.status === 'completed' ? settled.output.bytes : settled.attempts;
  const child = await job.child<typeof photo>('photo', { path: '/c.jpg' });
  return { bytes: bytes + other + child.bytes + length };
});
jobWorkflows(rightBody);

// @ts-expect-error -- the name is not that of the contract
jobWorkflow<typeof album>('albums', async () => ({ bytes: 1 }));
// @ts-expect-error -- the output is not that of the contract
jobWorkflow<typeof album>('album', async () => ({ size: 1 }));
jobWorkflow<typeof album>('album', async (input, job) => {
  // @ts-expect-error -- not in the input
  void input.photos;
  // @ts-expect-error -- the name of the step is not that of its contract
  await job.run<typeof photo>('foto', { path: '/a.jpg' });
  // @ts-expect-error -- the input of the step is not that of its contract
  await job.run<typeof photo>('photo', { path: 1 });
  // @ts-expect-error -- the name of the child is not that of its contract
  await job.child<typeof photo>('album', { path: '/a.jpg' });
  // @ts-expect-error -- steps have a share, not a weight
  await job.run<typeof photo>('photo', { path: '/a.jpg' }, { weight: 1 });
  // @ts-expect-error -- a child job has retry and timeout of its own contract
  await job.child<typeof photo>('photo', { path: '/a.jpg' }, { timeout: '1s' });
  const settled = await job.settle<typeof photo>('photo', { path: '/a.jpg' });
  // @ts-expect-error -- a step that failed has none
  const output: unknown = settled.output;
  return { bytes: Number(output) };
});
