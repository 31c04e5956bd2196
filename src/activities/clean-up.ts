/** Owns how a clean-up hook becomes a handler call: with the attempts, time limit, heartbeats and record of any other. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { readCheckpoint } from '../contract/checkpoint.ts';
import { type CleanUpCall, type CleanUpKind, cleanUpType } from '../contract/clean-up.ts';
import type { JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { parseInput } from '../contract/validate.ts';
import type { CarriedValues } from '../payloads/carried-values.ts';
import type { HandledJob, HandlerContext } from './handle.ts';

/** The call is the workflow's, not a user's. */
const anything: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value }) } };

/** Which hook of which job. */
export interface CleanUpOf {
  readonly job: HandledJob;
  readonly kind: CleanUpKind;
}

/** The clean-up as a handler. It does nothing where the job has no such hook. */
export function cleanUpHandler({ job, kind }: CleanUpOf, values: CarriedValues): HandledJob {
  const { contract, onCancel, onFail } = job;
  const handler = async (call: CleanUpCall, handling: HandlerContext): Promise<void> => {
    const hook = kind === 'on-cancel' ? onCancel : onFail;
    const input = await inputOf(contract, call, values);
    if (hook === undefined || input === undefined) return;
    const { jobId, attempt, maxAttempts, idempotencyKey, signal } = handling;
    const { progress, error = { code: 'internal', message: '' } } = call;
    const kept = readCheckpoint(call.checkpoint, contract.checkpoint);
    const lastCheckpoint = ('value' in kept ? kept.value : undefined) as never;
    const context = { jobId, type: contract.name, attempt, maxAttempts, idempotencyKey, signal, progress, lastCheckpoint, error };
    await hook(input.parsed as never, context);
  };
  return {
    contract: {
      ...contract,
      cleanUpMs: undefined,
      notify: undefined,
      checkpoint: undefined,
      name: cleanUpType(contract.name, kind),
      input: anything,
      output: undefined,
    },
    handler,
  };
}

/**
 * Undefined for an input that does not match the contract: no handler was called with it, so nothing was begun. And for one whose
 * payload is gone, when that ended the job: there is nothing to clean up by.
 */
async function inputOf(contract: JobContract, call: CleanUpCall, values: CarriedValues): Promise<{ readonly parsed: unknown } | undefined> {
  try {
    return { parsed: await parseInput(contract, await values.receive(call.input)) };
  } catch (error) {
    const code = error instanceof JobError ? error.code : undefined;
    if (code === 'invalid-input' || (code === 'payload-missing' && call.error?.code === code)) return undefined;
    throw error;
  }
}
