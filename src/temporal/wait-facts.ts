/** Owns what is read beside describe to say why a job waits: the state of its queue, its place there, a failure of its workflow code. */
import type { Temporal } from './connection.ts';
import type { JobDescription } from './describe.ts';
import type { QueueStates } from './queues.ts';
import { isDelayed } from './status.ts';
import { standstillOf, type WaitFacts } from './waiting.ts';
import { readWorkflowProblem } from './workflow-problem.ts';

/** The facts that say why the job stands still; none, and no call, while it goes on. */
export async function readWaitFacts(
  { temporal, queues }: { temporal: Temporal; queues: QueueStates },
  job: JobDescription,
): Promise<WaitFacts> {
  const now = Date.now();
  const still = standstillOf(job, now);
  if (still.kind === 'none' || isDelayed(job, now)) return {};
  const problem = still.kind === 'workflow-task' && still.hasFailed ? await readWorkflowProblem(temporal, job) : undefined;
  if (problem !== undefined) return { problem };
  const queue = await queues.read(still.queue);
  if (queue === undefined || queue.workers.length === 0 || job.isCancelRequested) return { queue };
  return { queue, ahead: await queues.ahead(job, queue) };
}
