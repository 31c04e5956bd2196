/** Owns the checks of what a client is told, the same wherever its calls go. */
import { checkKey, checkTags } from '../contract/add-options.ts';
import { checkJobName, checkQueueName, type InputOf, type JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { checkInteger, checkJobId, checkKeys, checkText, invalidOption, show } from '../contract/options.ts';
import { type EncodedPayload, encodePayload, MAX_STORED_BYTES, type PayloadRule } from '../contract/payload.ts';
import { type JobStatus, OPEN_STATUSES, TERMINAL_STATUSES } from '../contract/snapshot.ts';
import { instantOf } from '../contract/start-time.ts';
import { checkTenant } from '../contract/tenant.ts';
import { parseInput } from '../contract/validate.ts';
import type { JobFilter } from '../temporal/read-jobs.ts';

export interface ListOptions extends JobFilter {
  /** Rows of a page, 1–500. @default 50 */
  readonly limit?: number;
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

const STATUSES: readonly JobStatus[] = [...OPEN_STATUSES, ...TERMINAL_STATUSES];
/** Statuses that the server's index knows by itself. */
const HAS_PAGES: readonly JobStatus[] = [...TERMINAL_STATUSES, 'delayed'];
const FILTER_KEYS = [
  'status',
  'type',
  'queue',
  'tags',
  'key',
  'tenant',
  'idPrefix',
  'addedAfter',
  'addedBefore',
  'error',
  'batch',
  'parent',
];
const LIST_OPTION_KEYS = [...FILTER_KEYS, 'limit', 'pageToken'];
const COUNT_OPTION_KEYS = FILTER_KEYS.filter((key) => key !== 'status');
const EVENT_FILTER_KEYS = FILTER_KEYS.filter((key) => !key.startsWith('added'));
const MAX_ID_PREFIX_LENGTH = 200;
const MAX_ERROR_LENGTH = 400;
const MAX_TOKEN_LENGTH = 10_000;
const DEFAULT_LIMIT = 50;

/** @throws JobError `invalid-contract` */
export function checkContract(contract: Partial<JobContract> | null | undefined): void {
  const isContract = typeof contract?.name === 'string' && contract.input !== undefined && contract.retry !== undefined;
  if (!isContract) throw new JobError('invalid-contract', `Expected a contract as defineJob gives it, got: ${show(contract)}.`);
}

/**
 * The input as it will travel: what JSON makes of it is what the handler will get, so that is what is checked.
 * @throws JobError `invalid-input`, `payload-too-large`
 */
export async function checkedInput<C extends JobContract>(
  contract: C,
  input: InputOf<C>,
  rule: PayloadRule = { limitBytes: MAX_STORED_BYTES },
): Promise<EncodedPayload> {
  const payload = encodePayload(input, `input of "${contract.name}"`, {
    // The body of a job with steps works with its input, and cannot look into the store.
    ...(contract.steps ? {} : rule),
    isExact: true,
  });
  await parseInput(contract, payload.value);
  return payload;
}

/** The options of a list, in parts. @throws JobError `invalid-options` */
export function listOptions(options: ListOptions): { readonly filter: JobFilter; readonly size: number; readonly token?: string } {
  checkKeys(options, LIST_OPTION_KEYS, 'list options');
  const { limit = DEFAULT_LIMIT, pageToken, ...filter } = options;
  checkFilter(filter);
  if (
    pageToken !== undefined &&
    filter.status !== undefined &&
    !HAS_PAGES.includes(filter.status) &&
    filter.idPrefix?.endsWith('~') !== true
  )
    throw invalidOption('pageToken', `left out with the status "${filter.status}", which has one page`, pageToken);
  const size = checkInteger(limit, 'limit', { min: 1, max: 500 });
  return { filter, size, ...(pageToken === undefined ? {} : { token: checkText(pageToken, 'pageToken', MAX_TOKEN_LENGTH) }) };
}

/** @throws JobError `invalid-options` */
export function checkCountOptions(filter: JobFilter): void {
  checkKeys(filter, COUNT_OPTION_KEYS, 'count options');
  checkFilter(filter);
}

/** @throws JobError `invalid-options` */
export function checkEventFilter(filter: JobFilter): void {
  checkKeys(filter, EVENT_FILTER_KEYS, 'event options');
  checkFilter(filter);
}

/** @throws JobError `invalid-options` */
export function checkStatsOptions(filter: Pick<JobFilter, 'type' | 'queue'>): void {
  checkKeys(filter, ['type', 'queue'], 'stats options');
  checkFilter(filter);
}

/** @throws JobError `invalid-options` */
export function checkFilter({
  status,
  type,
  queue,
  tags,
  key,
  tenant,
  idPrefix,
  addedAfter,
  addedBefore,
  error,
  batch,
  parent,
}: JobFilter): void {
  if (status !== undefined && !STATUSES.includes(status)) throw invalidOption('status', `one of ${STATUSES.join(', ')}`, status);
  if (type !== undefined) checkJobName(type, 'invalid-options');
  if (queue !== undefined) checkQueueName(queue);
  if (tags !== undefined) checkTags(tags);
  if (key !== undefined) checkKey(key);
  if (tenant !== undefined) checkTenant(tenant);
  if (idPrefix !== undefined) checkText(idPrefix, 'idPrefix', MAX_ID_PREFIX_LENGTH);
  if (addedAfter !== undefined) instantOf(addedAfter, 'addedAfter', Date.now());
  if (addedBefore !== undefined) instantOf(addedBefore, 'addedBefore', Date.now());
  if (parent !== undefined) checkJobId(parent);
  if (batch !== undefined && !isTrue(batch)) throw invalidOption('batch', 'true, or left out for all jobs', batch);
  if (error === undefined) return;
  checkText(error, 'error', MAX_ERROR_LENGTH);
  if (status !== undefined && status !== 'failed')
    throw invalidOption('error', `left out with the status "${status}": it finds jobs that failed`, error);
}

function isTrue(value: unknown): boolean {
  return value === true;
}

/** What a retry by hand goes on from, or `invalid-options`. */
export function checkRetryFrom(from: unknown): 'checkpoint' | 'start' | undefined {
  if (from === undefined || from === 'checkpoint' || from === 'start') return from;
  throw invalidOption('from', '"checkpoint" or "start"', from);
}
