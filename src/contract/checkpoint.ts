/** Owns what a checkpoint may be: its size, and whether it matches the contract's schema, when it is kept and when it is found. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { JobError, messageOf } from './errors.ts';
import { checkPayload, MAX_CHECKPOINT_BYTES } from './payload.ts';
import { pathOf } from './validate.ts';

const MAX_PROBLEM_LENGTH = 500;

/** The schema that the contract of a job type has for its checkpoints, and its name for messages. */
export interface CheckpointRule {
  readonly type: string;
  readonly schema: StandardSchemaV1 | undefined;
  /** Bytes of JSON. @default 64 KB */
  readonly limitBytes?: number;
}

/** A checkpoint as its schema reads it, or what is wrong with it. */
export type ReadCheckpoint = { readonly value: unknown } | { readonly problem: string };

/**
 * The value as it will be found: what JSON keeps of it.
 * @throws JobError `invalid-checkpoint` when it does not match the schema; `payload-too-large`, `invalid-options` (no JSON)
 */
export function keptCheckpoint(value: unknown, { type, schema, limitBytes = MAX_CHECKPOINT_BYTES }: CheckpointRule): unknown {
  const kept = checkPayload(value, `checkpoint of "${type}"`, { code: 'invalid-options', limitBytes });
  const read = readCheckpoint(kept, schema);
  if ('value' in read) return kept;
  throw new JobError('invalid-checkpoint', `The checkpoint of "${type}" does not match its contract. ${read.problem}`);
}

/** A stored checkpoint as the schema gives it. None (undefined) is not looked at. */
export function readCheckpoint(stored: unknown, schema: StandardSchemaV1 | undefined): ReadCheckpoint {
  if (stored === undefined || schema === undefined) return { value: stored };
  try {
    const result = schema['~standard'].validate(stored);
    if (result instanceof Promise) {
      void result.catch(() => undefined);
      return { problem: 'Its schema answers later: ctx.checkpoint needs one that validates at once, without async checks.' };
    }
    if (result.issues === undefined) return { value: result.value };
    const [issue = { message: '' }] = result.issues;
    const path = pathOf(issue);
    return { problem: `${path === '' ? '' : `${path}: `}${issue.message}`.slice(0, MAX_PROBLEM_LENGTH) };
  } catch (error) {
    return { problem: `Its schema threw an error. ${messageOf(error)}`.slice(0, MAX_PROBLEM_LENGTH) };
  }
}
