/** Owns `holdfast get` and `holdfast list`: what is known of jobs, for people and for programs. */
import type { ListOptions } from '../../client.ts';
import { unknownJob } from '../../contract/errors.ts';
import { formatMs } from '../../contract/duration.ts';
import type { JobSnapshot, JobSummary } from '../../contract/snapshot.ts';
import { type PlaceFlags, withJobs } from '../connect.ts';
import type { Host } from '../host.ts';
import { plainTable, type TableColumn } from '../plain-table.ts';
import { etaText } from '../remaining-time.ts';
import { Screen } from '../screen.ts';
import { defused, type Style } from '../text.ts';

/** Everything about a job. */
export async function getJob(id: string, flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const job = await jobs.get(id);
    if (job === undefined) throw unknownJob(id);
    const { style } = new Screen(host.out);
    host.out.write(flags.json === true ? `${JSON.stringify(job)}\n` : `${jobLines(job, Date.now(), style).join('\n')}\n`);
    return 0;
  });
}

const COLUMNS: readonly TableColumn<JobSummary>[] = [
  { head: 'id', value: ({ id }) => id },
  {
    head: 'type',
    value: ({ type, carries, batch }) =>
      `${type}${carries === undefined ? '' : ` (${carries} jobs)`}${batch === undefined ? '' : ` (${batch.items} items)`}`,
  },
  { head: 'status', value: ({ status }) => status },
  { head: 'queue', value: ({ queue }) => queue },
  { head: 'added', value: ({ addedAt }) => timeText(addedAt) },
  { head: 'ended', value: ({ endedAt }) => (endedAt === undefined ? '' : timeText(endedAt)) },
];

/** A page of jobs, newest first. */
export async function listJobs(options: ListOptions, flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const page = await jobs.list(options);
    if (flags.json === true) host.out.write(`${JSON.stringify(page)}\n`);
    else if (page.jobs.length === 0) host.err.write('No job matches.\n');
    else {
      const { room, style } = new Screen(host.out);
      host.out.write(`${plainTable(page.jobs, COLUMNS, { width: room.width, style }).join('\n')}\n`);
    }
    if (flags.json !== true && page.nextPageToken !== undefined) host.err.write(`More: add --page ${page.nextPageToken}\n`);
    if (flags.json !== true && !page.isComplete)
      host.err.write('There may be more: of many open jobs the oldest and the newest 500 are looked at.\n');
    return 0;
  });
}

/** `2026-11-26 10:33:01` in UTC. */
export function timeText(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

/** The job in lines: what, why it is not running, when it is done, what happened. */
export function jobLines(job: JobSnapshot, nowMs: number, style: Style): string[] {
  const { id, type, status, queue, progress, waitingFor, error, cancelReason, cancelledBy } = job;
  const message = progress?.message === undefined ? '' : `, ${progress.message}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['type', type],
    ['status', status],
    ['why', waitingFor?.sentence],
    ['done', etaText(job, nowMs)],
    ['progress', progress === null ? undefined : `${Math.floor(progress.percent)} %${message}`],
    ['part of', job.parent],
    ['items', job.batch === undefined ? undefined : itemsText(job.batch)],
    ['attempt', `${job.attempt} of ${job.maxAttempts}`],
    ['queue', `${queue}, ${job.priority}${job.key === undefined ? '' : `, key ${job.key}`}`],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    ['added', timesOf(job)],
    ['error', error === undefined ? undefined : `${error.code}: ${error.message}`],
    ['cancelled', cancelReason === undefined ? undefined : `${cancelReason}${cancelledBy === undefined ? '' : ` (${cancelledBy})`}`],
    ['worker', job.worker],
    ['input', job.input === undefined ? undefined : JSON.stringify(job.input)],
    ['output', job.output === undefined ? undefined : JSON.stringify(job.output)],
  ];
  const facts = rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)} ${defused(value)}`]));
  const attempts = job.attempts.map(({ attempt, outcome, error: failure, backoffMs }) => {
    const next = backoffMs === undefined ? '' : `, next after ${formatMs(backoffMs)}`;
    return `attempt ${attempt}  ${outcome}: ${defused(`${failure.code}: ${failure.message}`)}${next}`;
  });
  const acts = (job.actions ?? []).map(({ action, at, actor, reason }) => {
    return `by hand    ${timeText(at)} ${action}${actor === undefined ? '' : ` by ${defused(actor)}`}${reason === undefined ? '' : `: ${defused(reason)}`}`;
  });
  return [style('bold', defused(id)), ...facts, ...attempts, ...acts];
}

function itemsText({ items, completed, failed, cancelled, running, waiting }: NonNullable<JobSnapshot['batch']>): string {
  return `${items}: ${completed} completed, ${failed} failed, ${cancelled} cancelled, ${running} running, ${waiting} waiting`;
}

function timesOf({ addedAt, runAt, startedAt, endedAt }: JobSnapshot): string {
  return [
    timeText(addedAt),
    ...(runAt === undefined ? [] : [`due ${timeText(runAt)}`]),
    ...(startedAt === undefined ? [] : [`started ${timeText(startedAt)}`]),
    ...(endedAt === undefined ? [] : [`ended ${timeText(endedAt)}`]),
  ].join(', ');
}
