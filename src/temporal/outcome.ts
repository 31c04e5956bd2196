/** Owns how a job ended, for programs that need its output and nothing else of it. */
import type { CloseStatus } from './describe.ts';
import { findJob } from './find-job.ts';
import type { Temporal } from './connection.ts';
import { readEnding } from './ending.ts';

export interface Outcome {
  readonly type: string;
  readonly status: CloseStatus;
  /** Of a completed job. */
  readonly output: unknown;
}

/** Undefined: no job has the id. @throws JobError `unavailable`, `payload-missing` */
export async function readOutcome(temporal: Temporal, jobId: string): Promise<Outcome | undefined> {
  const found = await findJob(temporal, jobId);
  if (found === undefined) return undefined;
  const { type, close } = found.job;
  if (close !== 'completed') return { type, status: close, output: undefined };
  const { output } = found.carried?.ending ?? (await readEnding(temporal, found.job));
  return { type, status: close, output: await temporal.values.receive(output) };
}
