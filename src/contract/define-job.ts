/**
 * Owns the contract of a job type: its name, the schemas of input and output, its defaults.
 * Safe to import anywhere, a browser included. Workflow code imports the *type* of a contract only, never its value.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { readCleanUpType } from './clean-up.ts';
import { type Duration, MAX_TIMEOUT_MS, toMs } from './duration.ts';
import { type ErrorCode, JobError } from './errors.ts';
import { type NoticeOptions, type NoticePlan, noticePlans } from './notices.ts';
import { checkKeys, checkText, invalidOption, show } from './options.ts';
import { type RetryOptions, type RetryRule, retryRule } from './retry.ts';
import { checkTimeLimit } from './time-limits.ts';

export interface JobDefinition<
  Name extends string,
  Input extends StandardSchemaV1,
  Output extends StandardSchemaV1,
  Checkpoint extends StandardSchemaV1 = StandardSchemaV1,
> {
  /** Written string, never derived from code: it is in histories. 1–200 of `A–Z a–z 0–9 . _ : -`, first a letter or digit. */
  readonly name: Name;
  /** Any Standard Schema (zod, valibot, arktype …). The schema's *input* travels, the handler gets its *output*. */
  readonly input: Input;
  /** Schema of what the handler returns. Left out: anything that JSON can carry. */
  readonly output?: Output;
  /** Schema of what `ctx.checkpoint` keeps. It must validate at once, without async checks. Left out: anything that JSON can carry. */
  readonly checkpoint?: Checkpoint;
  /** Retry of failed attempts. @default 3 attempts, waits from 1 s, doubled each time, at most 100 s */
  readonly retry?: RetryOptions;
  /** Called by the worker with the code of a failed attempt; false: the job has failed with it. @default all codes are tried again that can be */
  readonly retryIf?: (code: string) => boolean;
  /** Longest time for one attempt, 1 ms–24 days; then its signal fires and it counts as failed. @default '1h' */
  readonly timeout?: Duration;
  /** Longest time for the whole job, from its add or the end of its delay; then it is `failed`. 1 s–10 years. @default none */
  readonly deadline?: Duration;
  /** Longest wait for a worker, counted alike; then it is `failed` without having been started. 1 s–10 years. @default none */
  readonly expiresIn?: Duration;
  /** A worker that was not heard of for this long is taken for dead and the job runs again. 1 s–10 min. @default '5s' */
  readonly heartbeat?: Duration;
  /**
   * The type has clean-up, `onCancel` or `onFail`, given to `handle`: the longest time for one try of it, 1 ms–24 days.
   * Left out: it has none.
   */
  readonly cleanUp?: Duration;
  /** Who is told when a job of this type has ended: up to 5 notices, each sent by a job of its own. @default nobody */
  readonly notify?: NoticeOptions | readonly NoticeOptions[];
  /** The queue of its jobs unless `add` names another. @default 'jobs' */
  readonly queue?: string;
  /** The type has a workflow of several steps, and workers declare it with `multiStep(contract)`. Left out: it has one handler. */
  readonly steps?: true;
  /**
   * Jobs that are added at the same time share a workflow, which makes many of them some forty times cheaper. `add` resolves when the job
   * is stored, as ever; one that is added alone waits for nobody. Not with `steps`, `cleanUp`, `deadline`, `expiresIn` or `notify`, which
   * belong to a workflow of the job's own. @default each job has a workflow of its own
   */
  readonly group?: true;
}

/** The contract of one job type, as `defineJob` returns it. */
export interface JobContract<
  Name extends string = string,
  Input extends StandardSchemaV1 = StandardSchemaV1,
  Output extends StandardSchemaV1 = StandardSchemaV1,
  Checkpoint extends StandardSchemaV1 = StandardSchemaV1,
> {
  readonly name: Name;
  readonly input: Input;
  readonly output: Output | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly retry: RetryRule;
  readonly retryIf: ((code: string) => boolean) | undefined;
  readonly timeoutMs: number;
  readonly deadlineMs: number | undefined;
  readonly expiresInMs: number | undefined;
  readonly heartbeatMs: number;
  readonly cleanUpMs: number | undefined;
  readonly notify: readonly NoticePlan[] | undefined;
  readonly queue: string;
  readonly steps: boolean;
  readonly group: boolean;
}

/** What `add` takes for jobs of this contract. */
export type InputOf<C extends JobContract> = StandardSchemaV1.InferInput<C['input']>;
/** What the handler gets: the input after the schema's defaults and transforms. */
export type ParsedInputOf<C extends JobContract> = StandardSchemaV1.InferOutput<C['input']>;
/** What the handler returns: it travels as it is. */
export type ReturnOf<C extends JobContract> = StandardSchemaV1.InferInput<NonNullable<C['output']>>;
/** What `result()` gives: the handler's value after the output schema's defaults and transforms. */
export type OutputOf<C extends JobContract> = StandardSchemaV1.InferOutput<NonNullable<C['output']>>;

/** What `ctx.checkpoint` takes. */
export type KeptCheckpointOf<C extends JobContract> = StandardSchemaV1.InferInput<NonNullable<C['checkpoint']>>;
/** What `ctx.lastCheckpoint` is, when there is one: after the schema's defaults and transforms. */
export type CheckpointOf<C extends JobContract> = StandardSchemaV1.InferOutput<NonNullable<C['checkpoint']>>;

export const DEFAULT_QUEUE = 'jobs';
export const DEFAULT_TIMEOUT_MS = 3_600_000;
export const DEFAULT_HEARTBEAT_MS = 5000;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
/** Exports of the workflow bundle: Temporal would run them as the workflow of a type of that name. */
const RESERVED_NAMES = new Set(['default', 'jobWorkflow', 'jobWorkflows']);
const DEFINITION_KEYS = [
  'name',
  'input',
  'output',
  'checkpoint',
  'retry',
  'retryIf',
  'timeout',
  'deadline',
  'expiresIn',
  'heartbeat',
  'cleanUp',
  'notify',
  'queue',
  'steps',
  'group',
];
/** What a job of several steps cannot have: its steps do. */
const HANDLER_KEYS = ['checkpoint', 'retry', 'retryIf', 'timeout', 'heartbeat', 'cleanUp'] as const;

/**
 * The contract of a job type.
 * @throws JobError `invalid-contract` or `invalid-options` when the definition makes no sense
 * @example
 * export const sendEmail = defineJob({
 *   name: 'send-email',
 *   input: z.object({ to: z.email(), subject: z.string() }),
 *   output: z.object({ messageId: z.string() }),
 *   retry: { maxAttempts: 5 },
 *   timeout: '30s',
 * });
 */
export function defineJob<
  const Name extends string,
  Input extends StandardSchemaV1,
  Output extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
  Checkpoint extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
>(definition: JobDefinition<Name, Input, Output, Checkpoint>): JobContract<Name, Input, Output, Checkpoint> {
  checkKeys(definition, DEFINITION_KEYS, 'keys of a job definition');
  checkJobName(definition.name);
  checkSchemas(definition);
  if (definition.steps !== undefined) checkSteps(definition);
  if (definition.group !== undefined) checkGroup(definition);
  return Object.freeze({
    name: definition.name,
    input: definition.input,
    output: definition.output,
    checkpoint: definition.checkpoint,
    retry: retryRule(definition.retry),
    retryIf: checkRetryIf(definition.retryIf),
    timeoutMs: checkTimeout(definition.timeout ?? DEFAULT_TIMEOUT_MS),
    deadlineMs: definition.deadline === undefined ? undefined : checkTimeLimit(definition.deadline, 'deadline'),
    expiresInMs: definition.expiresIn === undefined ? undefined : checkTimeLimit(definition.expiresIn, 'expiresIn'),
    heartbeatMs: checkHeartbeat(definition.heartbeat ?? DEFAULT_HEARTBEAT_MS),
    cleanUpMs: checkCleanUp(definition.cleanUp),
    notify: definition.notify === undefined ? undefined : noticePlans(definition.notify),
    queue: checkQueueName(definition.queue ?? DEFAULT_QUEUE),
    steps: definition.steps === true,
    group: definition.group === true,
  });
}

/** A usable job type name, or `invalid-contract`. */
export function checkJobName(name: unknown, code: ErrorCode = 'invalid-contract'): string {
  const isFree =
    typeof name === 'string' &&
    !RESERVED_NAMES.has(name) &&
    !(name in Object.prototype) &&
    !name.startsWith('holdfast.') &&
    readCleanUpType(name) === undefined;
  if (isFree && NAME_PATTERN.test(name)) return name;
  throw new JobError(
    code,
    `Expected the name of a job type to be 1–200 of A–Z a–z 0–9 . _ : - (first a letter or digit, and no reserved name such as "default", "holdfast.…" or "….on-cancel"), got: ${show(name)}.`,
  );
}

/** A usable queue name, or `invalid-options`. */
export function checkQueueName(queue: unknown): string {
  return checkText(queue, 'queue', 200);
}

/** Milliseconds of an attempt's timeout, or `invalid-options`. */
export function checkTimeout(timeout: unknown): number {
  const timeoutMs = toMs(timeout, 'timeout');
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw invalidOption('timeout', 'between 1 ms and 24 days (left out: 1 hour)', timeout);
}

function checkHeartbeat(heartbeat: Duration): number {
  const heartbeatMs = toMs(heartbeat, 'heartbeat');
  if (heartbeatMs >= 1000 && heartbeatMs <= 600_000) return heartbeatMs;
  throw invalidOption('heartbeat', 'between 1 s and 10 min', heartbeat);
}

function checkCleanUp(cleanUp: Duration | undefined): number | undefined {
  if (cleanUp === undefined) return undefined;
  const cleanUpMs = toMs(cleanUp, 'cleanUp');
  if (cleanUpMs >= 1 && cleanUpMs <= MAX_TIMEOUT_MS) return cleanUpMs;
  throw invalidOption('cleanUp', 'between 1 ms and 24 days', cleanUp);
}

type AnyDefinition = JobDefinition<string, StandardSchemaV1, StandardSchemaV1>;

function checkSteps(definition: AnyDefinition): void {
  if (definition.steps !== true) throw invalidOption('steps', 'true, or left out for a job type that is one handler', definition.steps);
  const wrong = HANDLER_KEYS.find((key) => definition[key] !== undefined);
  if (wrong === undefined) return;
  throw new JobError(
    'invalid-contract',
    `The job type "${definition.name}" has several steps, so leave out "${wrong}": each step has its own.`,
  );
}

/** What needs a workflow of the job's own. */
const OWN_WORKFLOW_KEYS = ['steps', 'cleanUp', 'deadline', 'expiresIn', 'notify'] as const;

function checkGroup(definition: AnyDefinition): void {
  if (definition.group !== true) throw invalidOption('group', 'true, or left out for jobs that have a workflow each', definition.group);
  const wrong = OWN_WORKFLOW_KEYS.find((key) => definition[key] !== undefined);
  if (wrong === undefined) return;
  throw new JobError(
    'invalid-contract',
    `The job type "${definition.name}" has "${wrong}", which needs a workflow of its own for each job: leave it or "group" out.`,
  );
}

function checkRetryIf<T>(retryIf: T): T {
  if (retryIf === undefined || typeof retryIf === 'function') return retryIf;
  throw invalidOption('retryIf', 'a function of an error code', retryIf);
}

function checkSchemas({ name, input, output, checkpoint }: AnyDefinition): void {
  checkSchema(name, 'input', input);
  if (output !== undefined) checkSchema(name, 'output', output);
  if (checkpoint !== undefined) checkSchema(name, 'checkpoint', checkpoint);
}

function checkSchema(job: string, which: string, schema: unknown): void {
  const isSchema = (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema;
  if (isSchema) return;
  throw new JobError(
    'invalid-contract',
    `Expected ${which} of the job type "${job}" to be a Standard Schema (zod, valibot, arktype …), got: ${show(schema)}.`,
  );
}
