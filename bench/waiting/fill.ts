/** Owns how many waiting jobs are brought to run at once. */
import type { WaitingClient } from './contender.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the benchmark calls a job, and its id at the server. */
export interface RunningJob {
  readonly job: string;
  readonly id: string;
}

const ADDERS = 20;

/** Adds jobs whose names begin with `prefix`, and waits until the handlers of all have started. */
export async function fill(
  { client, worker }: { readonly client: WaitingClient; readonly worker: WorkerProcess },
  prefix: string,
  jobs: number,
): Promise<readonly RunningJob[]> {
  const names = Array.from({ length: jobs }, (_none, index) => `${prefix}-${index}`);
  const left = names.values();
  const running: RunningJob[] = [];
  const adder = async (): Promise<void> => {
    for (const job of left) running.push({ job, id: await client.add({ job }) });
  };
  await Promise.all(Array.from({ length: ADDERS }, adder));
  await Promise.all(names.map((job) => worker.time('started', job)));
  return running;
}
