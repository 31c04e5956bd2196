/** Owns the commands that tell of all jobs: counts and statistics, queues, workers, errors, types. */
import { formatMs } from '../../contract/duration.ts';
import { failuresOf, type TypeFailure, workersServing } from '../../contract/statistics/overview.ts';
import type { QueueReport, TypeReport, WorkerReport } from '../../contract/statistics/report.ts';
import { type PlaceFlags, withJobs } from '../connect.ts';
import type { Host } from '../host.ts';
import { plainTable, type TableColumn } from '../plain-table.ts';
import { Screen } from '../screen.ts';
import { grouped } from '../text.ts';
import { timeText } from './show.ts';

export interface OverviewFlags extends PlaceFlags {
  readonly type?: string;
  readonly queue?: string;
}

function filterOf({ type, queue }: OverviewFlags): { readonly type?: string; readonly queue?: string } {
  return { ...(type === undefined ? {} : { type }), ...(queue === undefined ? {} : { queue }) };
}

interface Shown<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly TableColumn<Row>[];
  /** Said when there are no rows. */
  readonly none: string;
}

function show<Row>({ rows, columns, none }: Shown<Row>, host: Host): void {
  const { room, style } = new Screen(host.out);
  if (rows.length === 0) host.err.write(`${none}\n`);
  else host.out.write(`${plainTable(rows, columns, { width: room.width, style }).join('\n')}\n`);
}

const msText = (milliseconds: number | null): string => (milliseconds === null ? '–' : formatMs(milliseconds));

const TYPE_COLUMNS: readonly TableColumn<TypeReport>[] = [
  { head: 'type', value: ({ type }) => type },
  { head: 'queue', value: ({ queue }) => queue },
  { head: 'completed', align: 'right', value: ({ completed }) => grouped(completed) },
  { head: 'failed', align: 'right', value: ({ failed }) => grouped(failed) },
  { head: 'retries', align: 'right', value: ({ retries }) => grouped(retries) },
  { head: 'success, 1 h', align: 'right', value: ({ successRate: { value } }) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`) },
  { head: 'wait p50', align: 'right', value: ({ waitMs }) => msText(waitMs.p50) },
  { head: 'run p50', align: 'right', value: ({ runMs }) => msText(runMs.p50) },
  { head: 'p95', align: 'right', value: ({ runMs }) => msText(runMs.p95) },
];

/** How many jobs of each status there are, and what the workers did. */
export async function showStats(flags: OverviewFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const [counts, statistics] = await Promise.all([jobs.count(filterOf(flags)), jobs.stats(filterOf(flags))]);
    if (flags.json === true) host.out.write(`${JSON.stringify({ counts, ...statistics })}\n`);
    else {
      const { isExact, assumedQueued: _assumed, ...byStatus } = counts;
      const line = Object.entries(byStatus).map(([status, count]) => `${status} ${grouped(count)}`);
      host.out.write(`${line.join(' · ')}${isExact ? '' : ' (queued is about right)'}\n`);
      show({ rows: statistics.types, columns: TYPE_COLUMNS, none: 'No worker has reported a job yet.' }, host);
    }
    return 0;
  });
}

const QUEUE_COLUMNS: readonly TableColumn<QueueReport & { readonly workers: string }>[] = [
  { head: 'queue', value: ({ queue }) => queue },
  { head: 'waiting', align: 'right', value: ({ waiting }) => grouped(waiting.value ?? 0) },
  { head: 'oldest', align: 'right', value: ({ oldestWaitingMs }) => msText(oldestWaitingMs.value) },
  { head: 'workers', align: 'right', value: ({ workers }) => workers },
];

export async function showQueues(flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const statistics = await jobs.stats();
    const { queues } = statistics;
    const serving = (queue: string): string => {
      const workers = workersServing(queue, statistics);
      return workers === 'unknown' ? '?' : String(workers.length);
    };
    if (flags.json === true) host.out.write(`${JSON.stringify({ queues })}\n`);
    else
      show(
        {
          rows: queues.map((queue) => ({ ...queue, workers: serving(queue.queue) })),
          columns: QUEUE_COLUMNS,
          none: 'No queue is known yet.',
        },
        host,
      );
    return 0;
  });
}

const WORKER_COLUMNS: readonly TableColumn<WorkerReport>[] = [
  { head: 'worker', value: ({ identity }) => identity },
  { head: 'status', value: ({ status }) => status },
  {
    head: 'queues (busy/places)',
    value: ({ queues }) => queues.map(({ queue, busy, free }) => `${queue} ${busy}/${busy + free}`).join(', '),
  },
  { head: 'version', value: ({ version }) => version ?? '' },
  { head: 'since', value: ({ startedAt }) => timeText(startedAt) },
];

export async function showWorkers(flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const { workers } = await jobs.stats();
    if (flags.json === true) host.out.write(`${JSON.stringify({ workers })}\n`);
    else if (workers === 'unknown') host.err.write('This Temporal server does not list workers.\n');
    else show({ rows: workers, columns: WORKER_COLUMNS, none: 'No worker runs. Start one: holdfast worker --jobs <module>' }, host);
    return 0;
  });
}

const ERROR_COLUMNS: readonly TableColumn<TypeFailure>[] = [
  { head: 'count', align: 'right', value: ({ count }) => grouped(count) },
  { head: 'type', value: ({ type }) => type },
  { head: 'code', value: ({ code }) => code },
  { head: 'message', value: ({ pattern }) => pattern },
  { head: 'last', value: ({ lastAt }) => timeText(lastAt) },
  { head: 'for example', value: ({ example }) => example.jobId },
];

export async function showErrors(flags: OverviewFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const { types } = await jobs.stats(filterOf(flags));
    const errors = failuresOf(types);
    if (flags.json === true) host.out.write(`${JSON.stringify({ errors })}\n`);
    else show({ rows: errors, columns: ERROR_COLUMNS, none: 'No attempt has failed.' }, host);
    return 0;
  });
}
