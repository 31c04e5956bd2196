/** Owns `holdfast batch`: one job with many items, added from a file of JSON lines, read and tried again. */
import type { AddBatchOptions } from '../../client.ts';
import type { BatchItem, ItemStatus } from '../../contract/batch-items.ts';
import { JobError, messageOf, unknownJob } from '../../contract/errors.ts';
import type { JobSnapshot } from '../../contract/snapshot.ts';
import { type PlaceFlags, withJobs } from '../connect.ts';
import type { Host } from '../host.ts';
import { linesOf } from '../json-lines.ts';
import { contractNamed, knownContracts } from '../known-contracts.ts';
import { plainTable, type TableColumn } from '../plain-table.ts';
import { etaText } from '../remaining-time.ts';
import { Screen } from '../screen.ts';
import { defused, grouped } from '../text.ts';
import { actOn, jsonOf, type NoteFlags, retrying } from './act.ts';
import { followToEnd } from './follow.ts';

export interface AddBatchFlags extends PlaceFlags {
  readonly jobs?: string;
  readonly wait?: true;
  readonly watch?: true;
  readonly options: AddBatchOptions;
}

/** Adds a batch whose items are the lines of `file`, or of standard input for `-`. */
export async function addBatch(
  type: string,
  { file, flags }: { readonly file: string; readonly flags: AddBatchFlags },
  host: Host,
): Promise<number> {
  const contract = contractNamed(type, await knownContracts(flags.jobs, host.cwd));
  return await withJobs(flags, host, async (place) => {
    const batch = await place.jobs.addBatch(contract, inputsOf(file, host), flags.options);
    const isFollowed = flags.wait === true || flags.watch === true;
    if (flags.json === true && !isFollowed) host.out.write(`${JSON.stringify({ id: batch.id })}\n`);
    if (flags.json !== true) host.out.write(`${defused(batch.id)}\n`);
    if (!isFollowed) return 0;
    const screen = new Screen(flags.watch === true ? host.out : host.err);
    return await followToEnd(batch.id, place, { flags, host, screen });
  });
}

/** The inputs of the lines; a line that is no JSON ends the reading, and nothing is added. */
async function* inputsOf(file: string, host: Host): AsyncGenerator {
  for await (const { number, text } of linesOf(file, host)) {
    try {
      yield jsonOf(text);
    } catch (error) {
      throw new JobError('invalid-options', `Line ${number} of ${file}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** How far a batch is. */
export async function getBatch(id: string, flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    const job = await jobs.get(id);
    if (job === undefined) throw unknownJob(id);
    if (job.batch === undefined) throw new JobError('conflict', `The job "${id}" is no batch. "holdfast get" shows it.`);
    const { style } = new Screen(host.out);
    const text = [style('bold', defused(job.batch.name ?? id)), ...batchLines(job)].join('\n');
    host.out.write(flags.json === true ? `${JSON.stringify(job)}\n` : `${text}\n`);
    return 0;
  });
}

function batchLines(job: JobSnapshot): string[] {
  const { batch, type, status, progress, waitingFor, error } = job;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['id', job.id],
    ['type', type],
    ['status', status],
    ['why', waitingFor?.sentence],
    ['done', etaText(job, Date.now())],
    ['progress', progress === null ? undefined : `${Math.floor(progress.percent)} %`],
    ...(['items', 'completed', 'failed', 'cancelled', 'running', 'waiting'] as const).map(
      (name) => [name, grouped(batch?.[name] ?? 0)] as const,
    ),
    ['error', error === undefined ? undefined : `${error.code}: ${error.message}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)} ${defused(value)}`]));
}

const COLUMNS: readonly TableColumn<BatchItem>[] = [
  { head: 'item', value: ({ index }) => String(index), align: 'right' },
  { head: 'status', value: ({ status }) => status },
  { head: 'attempt', value: ({ attempt }) => String(attempt), align: 'right' },
  { head: 'error', value: ({ error }) => (error === undefined ? '' : `${error.code}: ${error.message}`) },
  { head: 'input', value: ({ input }) => JSON.stringify(input) ?? '' },
  { head: 'output', value: ({ output }) => (output === undefined ? '' : JSON.stringify(output)) },
];

export interface ItemFlags extends PlaceFlags {
  readonly status?: ItemStatus;
  readonly from?: number;
  readonly limit?: number;
  /** All that have ended, a line of JSON each. */
  readonly results?: true;
}

/** A page of the items of a batch, or all its results. */
export async function listItems(id: string, { status, from, limit, results, ...flags }: ItemFlags, host: Host): Promise<number> {
  const asked = {
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(limit === undefined ? {} : { limit }),
  };
  return await withJobs(flags, host, async ({ jobs }) => {
    if (results === true) {
      for await (const item of jobs.results(id)) host.out.write(`${JSON.stringify(item)}\n`);
      return 0;
    }
    const page = await jobs.items(id, asked);
    const { room, style } = new Screen(host.out);
    if (flags.json === true) host.out.write(`${JSON.stringify(page)}\n`);
    else if (page.items.length === 0) host.err.write('No item matches.\n');
    else host.out.write(`${plainTable(page.items, COLUMNS, { width: room.width, style }).join('\n')}\n`);
    if (flags.json !== true && page.next !== undefined) host.err.write(`More: add --from ${page.next}\n`);
    return 0;
  });
}

/** Makes a new run of batches that does what was not completed. */
export async function retryFailed(ids: readonly string[], flags: NoteFlags, host: Host): Promise<number> {
  return await actOn(ids, retrying({}), { flags, host });
}
