/**
 * Owns the fan-out of a multi-step job: a job for each of many inputs, with an id and a record of its own, and how each ended. What a child
 * that fails means to the others is said by whoever asks, so nobody waits for one that cannot come: every child ends, and its end is told.
 */
import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  ParentClosePolicy,
  proxyLocalActivities,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { bitWords } from '../contract/carried-bits.ts';
import { carriedId, type CarrierResult, MAX_CARRIED_INPUT_BYTES } from '../contract/carrier.ts';
import { asJobError, JobError } from '../contract/errors.ts';
import { GROUPS_ACTIVITY, JOBS_ATTRIBUTE, type JobMemo, MEMO_KEY, type RunOptions } from '../contract/messages.ts';
import { checkKeys, invalidOption } from '../contract/options.ts';
import { checkPayload, inlineValue } from '../contract/payload.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { failureOfCall, finalFailure } from './failure.ts';

export interface ChildrenOptions {
  /**
   * What a child that fails for good means to the others. `collect`: all are waited for, and how each ended is the answer. `cancel-rest`:
   * the others are cancelled, and the failure is thrown when they have ended.
   */
  readonly onFailure: 'collect' | 'cancel-rest';
  /** They share workflows, as jobs do that are added at the same time: for types with `group: true` in their contract. @default false */
  readonly group?: boolean;
  /** @default the job's own queue */
  readonly queue?: string;
}

/** How a child ended. */
export type SettledChild<Output> =
  | { readonly id: string; readonly status: 'completed'; readonly output: Output }
  | { readonly id: string; readonly status: 'failed' | 'cancelled'; readonly error: JobFailure };

const OPTION_KEYS = ['onFailure', 'group', 'queue'];
const POLICIES: readonly unknown[] = ['collect', 'cancel-rest'] satisfies ChildrenOptions['onFailure'][];
/** A child is some events in the history of its parent, and its output is there as well. */
const MOST_ALONE = 500;
const MOST_GROUPED = 4000;
/** Of one carrier: what each may return fits into its result. */
const MOST_OF_A_CARRIER = 400;
const CANCELLED: JobFailure = { code: 'cancelled', message: 'The job was cancelled.' };

export interface FanOut {
  readonly name: string;
  readonly inputs: readonly unknown[];
  readonly options: ChildrenOptions;
  /** Id of the next child that has a workflow of its own. */
  readonly nextId: () => string;
}

/** The options, checked. @throws JobError `invalid-options` */
export function checkChildrenOptions(options: ChildrenOptions, count: number): ChildrenOptions {
  checkKeys(options, OPTION_KEYS, 'children options');
  const { onFailure, group = false } = options;
  if (!POLICIES.includes(onFailure)) throw invalidOption('onFailure', 'collect or cancel-rest', onFailure);
  const most = group ? MOST_GROUPED : MOST_ALONE;
  if (count > most)
    throw new JobError(
      'invalid-options',
      `Expected at most ${most} children at a time, got ${count}. Use a batch for more, or several calls.`,
    );
  return options;
}

/** Runs the children, and gives how each ended, in the order of the inputs. */
export async function runChildren(fanOut: FanOut): Promise<readonly SettledChild<unknown>[]> {
  const { name, inputs, options } = fanOut;
  for (const input of inputs) checkPayload(input, `input of "${name}"`);
  const scope = new CancellationScope();
  const stopAt = (ends: readonly SettledChild<unknown>[]): readonly SettledChild<unknown>[] => {
    if (options.onFailure === 'cancel-rest' && ends.some(({ status }) => status === 'failed')) scope.cancel();
    return ends;
  };
  const starts = options.group === true ? await inCarriers(fanOut) : inputs.map((input) => async () => await runAlone(fanOut, input));
  const ends = await Promise.all(starts.map(async (start) => stopAt(await scope.run(start))));
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The job was cancelled.');
  const all = ends.flat();
  const failed = options.onFailure === 'cancel-rest' ? all.find(({ status }) => status === 'failed') : undefined;
  if (failed !== undefined && 'error' in failed)
    throw finalFailure({ message: failed.error.message, type: failed.error.code, details: [{ child: failed.id }] });
  return all;
}

type Start = () => Promise<readonly SettledChild<unknown>[]>;

async function runAlone({ name, options, nextId }: FanOut, input: unknown): Promise<readonly SettledChild<unknown>[]> {
  const id = nextId();
  try {
    const output = await outputOfChild(name, input, { id, ...options });
    return [{ id, status: 'completed', output }];
  } catch (error) {
    return [isCancellation(error) ? { id, status: 'cancelled', error: CANCELLED } : { id, status: 'failed', error: whyFailed(error) }];
  }
}

/** Runs one child with a workflow of its own, and gives its output. */
export async function outputOfChild(
  name: string,
  input: unknown,
  { id, queue }: Pick<ChildrenOptions, 'queue'> & { readonly id: string },
): Promise<unknown> {
  const child = await startChild(name, { args: [input], workflowId: id, ...placeOf(queue) });
  return readOutput(await child.result(), name);
}

/** Why there is no output of a child: its own failure, or that the output cannot be read here. */
function whyFailed(error: unknown): JobFailure {
  const known = asJobError(error);
  return known === undefined ? failureOfCall(error) : { code: known.code, message: known.message };
}

/** A large output is stored, and workflow code cannot read it. */
function readOutput(output: unknown, of: string): unknown {
  return inlineValue(output, { what: `output of "${of}"`, taker: 'a job that waits for it', by: 'return' });
}

/** The starts of the carriers of all inputs. */
async function inCarriers(fanOut: FanOut): Promise<readonly Start[]> {
  // The index of a cluster has to know carriers before it is told of one.
  const ready = proxyLocalActivities<Record<typeof GROUPS_ACTIVITY, () => Promise<void>>>({ startToCloseTimeout: '30s' });
  await ready[GROUPS_ACTIVITY]();
  return piecesOf(fanOut.inputs).map((inputs) => async () => await runCarrier(fanOut, inputs));
}

/** As many inputs as a carrier takes, by number and bytes. */
function piecesOf(inputs: readonly unknown[]): (readonly unknown[])[] {
  const pieces: unknown[][] = [];
  let bytes = 0;
  for (const input of inputs) {
    const own = (JSON.stringify(input) ?? '').length;
    const last = pieces.at(-1);
    bytes += own;
    if (last !== undefined && last.length < MOST_OF_A_CARRIER && bytes <= MAX_CARRIED_INPUT_BYTES) last.push(input);
    else {
      pieces.push([input]);
      bytes = own;
    }
  }
  return pieces;
}

async function runCarrier({ name, options }: FanOut, inputs: readonly unknown[]): Promise<readonly SettledChild<unknown>[]> {
  // Ids of carriers end in this form, by which those of their jobs are known.
  const workflowId = `${workflowInfo().workflowId}.${sortableUuid()}`;
  const carries = inputs.length;
  const memo: JobMemo = { carries };
  const runOptions: RunOptions = { carries, collects: options.onFailure };
  try {
    const child = await startChild<(given: unknown, options: RunOptions) => Promise<CarrierResult>>(name, {
      args: [inputs.map((input) => (input === undefined ? {} : { input })), runOptions],
      workflowId,
      memo: { [MEMO_KEY]: memo },
      typedSearchAttributes: [{ key: { name: JOBS_ATTRIBUTE, type: 'KEYWORD_LIST' }, value: [...bitWords('all', carries)] }],
      ...placeOf(options.queue),
    });
    const { ends = [] } = await child.result();
    return inputs.map((_input, place) => endOf(carriedId(workflowId, place), ends[place]));
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    const why = status === 'cancelled' ? CANCELLED : failureOfCall(error);
    return inputs.map((_input, place) => ({ id: carriedId(workflowId, place), status, error: why }));
  }
}

function endOf(id: string, end: NonNullable<CarrierResult['ends']>[number] | undefined): SettledChild<unknown> {
  if (end?.status === 'completed') {
    try {
      return { id, status: 'completed', output: readOutput(end.output, id) };
    } catch (error) {
      return { id, status: 'failed', error: whyFailed(error) };
    }
  }
  return end?.status === 'failed' ? { id, status: 'failed', error: end.error } : { id, status: 'cancelled', error: CANCELLED };
}

function placeOf(queue: string | undefined): { readonly parentClosePolicy: ParentClosePolicy; readonly taskQueue?: string } {
  return { parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL, ...(queue === undefined ? {} : { taskQueue: queue }) };
}

/** In the form of the ids that clients make: its version is 7. */
function sortableUuid(): string {
  const uuid = uuid4();
  return `${uuid.slice(0, 14)}7${uuid.slice(15)}`;
}
