/** Owns how a job ended, for programs that need its output and nothing else of it. */
import type { CloseStatus } from './describe.ts';
import { describeJob } from './describe.ts';
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
  const described = await describeJob(temporal, jobId);
  if (described === undefined) return undefined;
  const { type, close } = described;
  if (close !== 'completed') return { type, status: close, output: undefined };
  const { output } = await readEnding(temporal, described);
  return { type, status: close, output: await temporal.values.receive(output) };
}
