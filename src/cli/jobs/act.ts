/** Owns the commands that do something with jobs: cancel, retry, run now, postpone, delete, clean up. */
import type { PostponeOptions, RetryByHandOptions } from '../../contract/actions.ts';
import { inexactInteger, inexactSentence } from '../../contract/json-value.ts';
import { asJobError, JobError, messageOf } from '../../contract/errors.ts';
import { formatMs, toMs } from '../../contract/duration.ts';
import { type JobStatus, TERMINAL_STATUSES } from '../../contract/snapshot.ts';
import type { Jobs } from '../../client.ts';
import { type PlaceFlags, withJobs } from '../connect.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import { defused } from '../text.ts';

export interface NoteFlags extends PlaceFlags {
  readonly reason?: string;
  /** @default the user of the system */
  readonly actor?: string;
}

interface Note {
  readonly actor?: string;
  readonly reason?: string;
}

type Act = (jobs: Jobs, id: string, note: Note) => Promise<string>;

export const cancelling: Act = async (jobs, id, note) =>
  (await jobs.cancel(id, note)) === 'requested' ? 'is told to stop' : 'had ended before';

export function retrying({ from, input }: { readonly from?: 'checkpoint' | 'start'; readonly input?: string }): Act {
  return async (jobs, id, note) => {
    const more: RetryByHandOptions = { ...(from === undefined ? {} : { from }), ...(input === undefined ? {} : { input: jsonOf(input) }) };
    await jobs.retry(id, { ...note, ...more });
    return 'has a new run';
  };
}

export const runningNow: Act = async (jobs, id, note) => {
  await jobs.runNow(id, note);
  return 'starts now';
};

export function postponing({ until, delay }: { readonly until?: string; readonly delay?: string }): Act {
  return async (jobs, id, note) => {
    const time = { ...(until === undefined ? {} : { until }), ...(delay === undefined ? {} : { delay }) } as PostponeOptions;
    await jobs.postpone(id, { ...note, ...time });
    return 'has another time to start at';
  };
}

export const deleting: Act = async (jobs, id) => {
  await jobs.delete(id);
  return 'is removed';
};

/** Does it with each job, whatever becomes of the others. The exit code is that of the first that it could not be done with. */
export async function actOn(
  ids: readonly string[],
  act: Act,
  { flags, host }: { readonly flags: NoteFlags; readonly host: Host },
): Promise<number> {
  const note = noteOf(flags, host);
  return await withJobs(flags, host, async ({ jobs }) => {
    let exitCode = 0;
    const results: object[] = [];
    for (const id of ids) {
      try {
        const done = await act(jobs, id, note);
        results.push({ id, done: true });
        if (flags.json !== true) host.out.write(`${defused(id)} ${done}.\n`);
      } catch (error) {
        const { code, message } = asJobError(error) ?? { code: 'internal' as const, message: messageOf(error) };
        if (code === 'unavailable') throw error;
        exitCode ||= exitCodeOf(code);
        results.push({ id, done: false, code, message });
        if (flags.json !== true) host.err.write(`error: ${defused(message)}\n`);
      }
    }
    if (flags.json === true) host.out.write(`${JSON.stringify({ results })}\n`);
    return exitCode;
  });
}

export interface CleanUpFlags extends PlaceFlags {
  readonly olderThan: string;
  readonly status?: JobStatus;
  readonly type?: string;
  readonly queue?: string;
  readonly dryRun?: true;
}

/** Removes finished jobs that were added longer ago than that. */
export async function cleanUp({ olderThan, status, type, queue, dryRun, ...flags }: CleanUpFlags, host: Host): Promise<number> {
  const statuses: readonly JobStatus[] = status === undefined ? TERMINAL_STATUSES : [status];
  if (!statuses.every((one) => TERMINAL_STATUSES.some((terminal) => terminal === one)))
    throw new JobError('invalid-options', `Expected --status to be ${TERMINAL_STATUSES.join(', ')}: only finished jobs are removed.`);
  const addedBefore = new Date(Date.now() - toMs(olderThan, '--older-than'));
  const where = { ...(type === undefined ? {} : { type }), ...(queue === undefined ? {} : { queue }), addedBefore };
  return await withJobs(flags, host, async ({ jobs }) => {
    let removed = 0;
    for (const one of statuses)
      for await (const ids of pagesOf(jobs, { ...where, status: one }))
        removed += dryRun === true ? ids.length : await removeAll(jobs, ids, host);
    const age = formatMs(toMs(olderThan, '--older-than'));
    const what = `${removed} finished ${removed === 1 ? 'job' : 'jobs'} added over ${age} ago`;
    if (flags.json === true) host.out.write(`${JSON.stringify({ removed: dryRun === true ? 0 : removed, matching: removed })}\n`);
    else host.out.write(dryRun === true ? `${what} would be removed.\n` : `${what} removed.\n`);
    return 0;
  });
}

async function* pagesOf(jobs: Jobs, filter: Parameters<Jobs['list']>[0]): AsyncGenerator<readonly string[]> {
  let pageToken: string | undefined;
  do {
    const page = await jobs.list({ ...filter, limit: 500, ...(pageToken === undefined ? {} : { pageToken }) });
    yield page.jobs.map(({ id }) => id);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

const REMOVED_AT_ONCE = 10;

async function removeAll(jobs: Jobs, ids: readonly string[], host: Host): Promise<number> {
  let removed = 0;
  for (let first = 0; first < ids.length && !host.interrupted.aborted; first += REMOVED_AT_ONCE) {
    const some = await Promise.allSettled(ids.slice(first, first + REMOVED_AT_ONCE).map(async (id) => await jobs.delete(id)));
    removed += some.filter(({ status }) => status === 'fulfilled').length;
  }
  return removed;
}

function noteOf({ reason, actor }: NoteFlags, { env }: Host): Note {
  const who = actor ?? env['USER'];
  return { ...(who === undefined || who === '' ? {} : { actor: who }), ...(reason === undefined ? {} : { reason }) };
}

/** JSON that was written on the command line. */
export function jsonOf(text: string): unknown {
  const value = parsed(text);
  const rounded = inexactInteger(text);
  if (rounded !== undefined) throw new JobError('invalid-options', `The input has ${inexactSentence(rounded)}`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new JobError('invalid-options', `Expected the input to be JSON: ${messageOf(error)}`, { cause: error });
  }
}
