/** Owns what `add` can be told about one job, and the check of it. */
import { checkQueueName, checkTimeout, type JobContract } from './define-job.ts';
import { DEDUPE_OPTION_KEYS, type DedupeOptions, type DedupePlan, dedupePlan } from './dedupe.ts';
import type { Duration } from './duration.ts';
import { type NoticeOptions, noticePlans } from './notices.ts';
import { invalidOption, checkInteger, checkKeys, checkText } from './options.ts';
import type { RunOptions } from './messages.ts';
import { type Priority, priorityKey } from './priority.ts';
import { checkTenant } from './tenant.ts';
import { checkTimeLimit } from './time-limits.ts';
import { delayOf, type Instant } from './start-time.ts';
import { changedRule, DEFAULT_RETRY, isSameRule, MAX_ATTEMPTS_LIMIT, type RetryOptions, type RetryRule } from './retry.ts';
import { DEFAULT_HEARTBEAT_MS } from './define-job.ts';

export interface AddOptions extends DedupeOptions {
  /** Not before this long from now. @default 0 */
  readonly delay?: Duration;
  /** Not before this time; one that is past means now. At most 10 years away. Not together with `delay`. */
  readonly runAt?: Instant;
  /** Which of the waiting jobs of a queue goes first. As a number: ≥ 10 highest, 1–9 high, 0 normal, −1…−9 low, ≤ −10 lowest. @default 'normal' */
  readonly priority?: Priority | number;
  /** Whose job it is: jobs of different keys and one priority take turns, however many of one key wait. At most 64 bytes. @default none */
  readonly key?: string;
  /** Handler failures until the job is `failed`, 1–1000: short for `retry.maxAttempts`. @default the contract's, 3 if it says nothing */
  readonly maxAttempts?: number;
  /** Fields of the contract's retry rule that are other for this job. @default the contract's */
  readonly retry?: RetryOptions;
  /** Longest time for one attempt. @default the contract's, 1 hour if it says nothing */
  readonly timeout?: Duration;
  /** Longest time for the whole job, from its add or the end of its delay; then it is `failed`. 1 s–10 years. @default the contract's */
  readonly deadline?: Duration;
  /** Longest wait for a worker, counted alike; then it is `failed` without having been started. 1 s–10 years. @default the contract's */
  readonly expiresIn?: Duration;
  /** Who is told when the job has ended: up to 5 notices, each sent by a job of its own. `[]`: nobody. @default the contract's */
  readonly notify?: NoticeOptions | readonly NoticeOptions[];
  /** Words to find it by: at most 20, each 1–100 characters, without quotation marks (`"`) and backslashes. */
  readonly tags?: readonly string[];
  /** @default the contract's, `jobs` if it says nothing */
  readonly queue?: string;
  /**
   * Whose job it is, where several customers share one system: its id begins with this name and `@`, keys of one tenant do not
   * meet those of another, and tenants take turns. 1–40 lower-case letters, digits and `-`. @default nobody's
   */
  readonly tenant?: string;
  /**
   * Repeats of an add with this key make no second job: they give the one that is there, for as long as it is kept. An add that
   * says something else with it is refused with `idempotency-mismatch`. 1–200 characters; not together with `dedupeKey`.
   */
  readonly idempotencyKey?: string;
}

/** Add options, checked and in the terms of the server. */
export interface AddPlan {
  readonly queue: string;
  readonly delayMs: number;
  readonly priorityKey: number | undefined;
  readonly key: string | undefined;
  readonly maxAttempts: number;
  readonly tags: readonly string[];
  readonly dedupe: DedupePlan | undefined;
  readonly tenant: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** What the worker, which knows the contract, would not do by itself; undefined when there is nothing. */
  readonly runOptions: RunOptions | undefined;
}

const ADD_OPTION_KEYS = [
  'delay',
  'runAt',
  'priority',
  'key',
  'maxAttempts',
  'retry',
  'timeout',
  'deadline',
  'expiresIn',
  'notify',
  'tags',
  'queue',
  'tenant',
  'idempotencyKey',
  ...DEDUPE_OPTION_KEYS,
];
/** Of a job of several steps each step has its own. */
const HANDLER_OPTION_KEYS = ['maxAttempts', 'retry', 'timeout'] as const;
/** The server's limit, in bytes. */
const MAX_KEY_LENGTH = 64;
const MAX_IDEMPOTENCY_KEY_LENGTH = 200;
const MAX_TAGS = 20;
const MAX_TAG_LENGTH = 100;

/**
 * The plan for one job.
 * @throws JobError `invalid-options`
 */
export function addPlan(contract: JobContract, options?: AddOptions): AddPlan {
  if (options !== undefined) return planOf(contract, options);
  const known = plainPlans.get(contract) ?? planOf(contract, {});
  plainPlans.set(contract, known);
  return known;
}

/** Of adds without options, which are many. */
const plainPlans = new WeakMap<JobContract, AddPlan>();

function planOf(contract: JobContract, options: AddOptions): AddPlan {
  checkKeys(options, ADD_OPTION_KEYS, 'add options');
  if (contract.steps) refuseHandlerOptions(contract, options);
  const retry = retryOf(contract, options);
  const tenant = options.tenant === undefined ? undefined : checkTenant(options.tenant);
  return {
    queue: options.queue === undefined ? contract.queue : checkQueueName(options.queue),
    delayMs: delayOf(options, Date.now()),
    priorityKey: options.priority === undefined ? undefined : priorityKey(options.priority),
    key: options.key === undefined ? tenant : checkKey(options.key),
    maxAttempts: retry.maxAttempts,
    tags: checkTags(options.tags ?? []),
    dedupe: dedupePlan(options),
    tenant,
    idempotencyKey: idempotencyKeyOf(options),
    runOptions: runOptionsOf(contract, retry, options),
  };
}

function refuseHandlerOptions({ name }: JobContract, options: AddOptions): void {
  for (const key of HANDLER_OPTION_KEYS) {
    if (options[key] !== undefined) throw invalidOption(key, `left out: "${name}" has several steps, and each has its own`, options[key]);
  }
}

function retryOf({ retry }: JobContract, { maxAttempts, retry: own }: AddOptions): RetryRule {
  if (maxAttempts === undefined) return own === undefined ? retry : changedRule(retry, own);
  if (own?.maxAttempts !== undefined) throw invalidOption('maxAttempts', 'left out where retry.maxAttempts is given', maxAttempts);
  checkInteger(maxAttempts, 'maxAttempts', { min: 1, max: MAX_ATTEMPTS_LIMIT });
  return changedRule(retry, { ...own, maxAttempts });
}

function runOptionsOf(contract: JobContract, retry: RetryRule, own: AddOptions): RunOptions | undefined {
  const { timeout, deadline, expiresIn } = own;
  const timeoutMs = timeout === undefined ? contract.timeoutMs : checkTimeout(timeout);
  const deadlineMs = deadline === undefined ? contract.deadlineMs : checkTimeLimit(deadline, 'deadline');
  const expiresInMs = expiresIn === undefined ? contract.expiresInMs : checkTimeLimit(expiresIn, 'expiresIn');
  const notify = own.notify === undefined ? contract.notify : noticePlans(own.notify);
  const options = {
    ...(isSameRule(retry, DEFAULT_RETRY) && isSameRule(retry, contract.retry) ? {} : { retry }),
    ...(timeoutMs === contract.timeoutMs ? {} : { timeoutMs }),
    ...(contract.heartbeatMs === DEFAULT_HEARTBEAT_MS ? {} : { heartbeatMs: contract.heartbeatMs }),
    ...(contract.cleanUpMs === undefined ? {} : { cleanUpMs: contract.cleanUpMs }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
    ...(notify === undefined || (notify.length === 0 && contract.notify === undefined) ? {} : { notify }),
    ...(contract.steps ? { steps: true as const } : {}),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

function idempotencyKeyOf({ idempotencyKey, dedupeKey }: AddOptions): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  if (dedupeKey !== undefined)
    throw invalidOption('idempotencyKey', 'left out beside dedupeKey, which makes repeated adds one job as well', idempotencyKey);
  return checkText(idempotencyKey, 'idempotencyKey', MAX_IDEMPOTENCY_KEY_LENGTH);
}

/** @throws JobError `invalid-options` */
export function checkKey(key: unknown): string {
  const text = checkText(key, 'key', MAX_KEY_LENGTH);
  if (new TextEncoder().encode(text).length > MAX_KEY_LENGTH) throw invalidOption('key', `a text of at most ${MAX_KEY_LENGTH} bytes`, key);
  return text;
}

/** Checked tags, without duplicates. */
export function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags) || tags.length > MAX_TAGS) throw invalidOption('tags', `a list of at most ${MAX_TAGS} texts`, tags);
  return [...new Set(tags.map(checkTag))];
}

/** The index of the embedded server cannot look for quotation marks and backslashes. */
function checkTag(tag: unknown): string {
  const text = checkText(tag, 'a tag', MAX_TAG_LENGTH);
  if (/["\\]/.test(text)) throw invalidOption('a tag', 'a text without quotation marks and backslashes', tag);
  return text;
}
