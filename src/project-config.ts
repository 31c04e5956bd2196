/** Owns the shape of a project's `holdfast.config`. Where it is found, and its jobs, is for the command line. */
import { z } from 'zod';
import { problemsIn } from './config.ts';
import { JobError } from './contract/errors.ts';
import type { QueueOptions } from './worker.ts';

/**
 * The default export of `holdfast.config.js`, `.mjs` or `.ts` (with Node 24), in the working directory or above it.
 * @example export default { jobs: './dist/jobs.js', concurrency: 20 };
 */
export interface ProjectConfig {
  /** Module whose export `jobs` is an array of `handle(…)` and `multiStep(…)`: a file, relative to the config, or a package. */
  readonly jobs: string;
  /** File with `export default jobWorkflows(…)`. @default what the module exports as `workflows` */
  readonly workflows?: string | undefined;
  /** Handlers per queue at the same time, in `holdfast worker`. 1–10 000. @default 5 */
  readonly concurrency?: number | undefined;
  /** Queues that `holdfast worker` serves besides those of the jobs, or their own limits. */
  readonly queues?: Readonly<Record<string, QueueOptions>> | undefined;
  /** How long handlers may go on after SIGTERM. @default '10s' */
  readonly shutdownGrace?: string | undefined;
}

const schema = z.strictObject({
  jobs: z.string().min(1),
  workflows: z.string().min(1).optional(),
  concurrency: z.int().min(1).optional(),
  queues: z.record(z.string(), z.strictObject({ concurrency: z.exactOptional(z.int().min(1)) })).optional(),
  shutdownGrace: z.string().min(1).optional(),
});

/** The default export of the config named `file`. @throws JobError `invalid-config`, naming every problem at once */
export function checkProjectConfig(value: unknown, file: string): ProjectConfig {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = problemsIn(result.error);
  throw new JobError(
    'invalid-config',
    `The default export of ${file} cannot be used. ${problems.join('; ')}. It is an object such as { jobs: './dist/jobs.js' }.`,
    { details: { file, problems } },
  );
}
