/** Owns the numbers of jobs in carriers, from the server's index; of those that are open, from what their chunks have written down. */
import { bitWord, BITS, type CountedJobs } from '../../contract/carried-bits.ts';
import type { JobStatus } from '../../contract/snapshot.ts';
import type { Temporal } from '../connection.ts';
import type { CloseStatus, JobDescription } from '../describe.ts';
import { countJobs, type JobQuery } from '../visibility.ts';

/** How many jobs of ended carriers ended how, and how many carriers there are of each status. */
export interface CarriedCounts {
  readonly carriers: ReadonlyMap<CloseStatus, number>;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Undefined when no carrier matches. */
export async function countCarried(temporal: Temporal, where: JobQuery): Promise<CarriedCounts | undefined> {
  const carriers = await countJobs(temporal, { ...where, carriers: 'all' });
  if (carriers.size === 0) return undefined;
  const [all, failed, cancelled] = await Promise.all(
    (['all', 'failed', 'cancelled'] as const).map(async (counted) => await sumOf(temporal, where, counted)),
  );
  // One that was ended from outside took its open jobs with it: which ones, only its history knows.
  const lost = sum(all, ['failed', 'terminated', 'timed-out']);
  const tidy: readonly CloseStatus[] = ['completed', 'cancelled'];
  return {
    carriers,
    completed: sum(all, tidy) - sum(failed, tidy) - sum(cancelled, tidy),
    failed: sum(failed, tidy) + lost,
    cancelled: sum(cancelled, tidy),
  };
}

function sum(counts: ReadonlyMap<CloseStatus, number> | undefined, statuses: readonly CloseStatus[]): number {
  return statuses.reduce((total, status) => total + (counts?.get(status) ?? 0), 0);
}

async function sumOf(temporal: Temporal, where: JobQuery, counted: CountedJobs): Promise<ReadonlyMap<CloseStatus, number>> {
  const byBit = await Promise.all(
    BITS.map(async (bit) => await countJobs(temporal, { ...where, carriers: { words: [bitWord(counted, bit)] } })),
  );
  const sums = new Map<CloseStatus, number>();
  for (const [bit, counts] of byBit.entries())
    for (const [status, count] of counts) sums.set(status, (sums.get(status) ?? 0) + count * 2 ** bit);
  return sums;
}

/** About how the jobs of an open carrier stand: what its chunks have told its workflow is not known here, and counted as completed. */
export function openCounts({ memo, activities, type, hasWorkflowTask }: JobDescription): Partial<Record<JobStatus, number>> {
  const carries = memo?.carries ?? 0;
  const own = activities.filter((activity) => activity.type === type);
  const chunks = activities.flatMap(({ state }) => state?.chunk ?? []);
  const outcomes = chunks.flatMap((chunk) => chunk.outcomes);
  const told = chunks.reduce((sum, chunk) => sum + chunk.told.length, 0);
  const count = (end: string): number => outcomes.filter((outcome) => outcome.end === end).length;
  const processing = chunks.reduce((sum, { running }) => sum + running.length, 0) + own.filter(({ phase }) => phase === 'started').length;
  const retrying = count('again') + own.filter(({ phase }) => phase !== 'started').length;
  const ended = count('failed') + count('cancelled') + count('completed') + told;
  // Nothing is out but the calls of single jobs: the others have ended.
  const isChunkOver = own.length > 0 && own.length === activities.length && !hasWorkflowTask;
  const left = Math.max(0, carries - processing - retrying - ended);
  return {
    processing,
    retrying,
    failed: count('failed'),
    cancelled: count('cancelled'),
    queued: isChunkOver ? 0 : left,
    completed: count('completed') + told + (isChunkOver ? left : 0),
  };
}
