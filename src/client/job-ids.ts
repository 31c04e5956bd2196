/** Owns which id a new job has, and which jobs may share a workflow. */
import { uuidv7 } from 'uuidv7';
import type { AddPlan } from '../contract/add-options.ts';
import type { JobContract } from '../contract/define-job.ts';
import type { EncodedPayload } from '../contract/payload.ts';
import { tenantPrefix } from '../contract/tenant.ts';
import { idOfKey } from '../temporal/add-idempotent.ts';

/** A larger input has a workflow to itself. */
const MAX_SHARED_INPUT_LENGTH = 64 * 1024;

/** True for a job that may share a workflow with others that are added with the same options. */
export function mayShare({ delayMs, dedupe, idempotencyKey, runOptions = {} }: AddPlan, { json = '' }: EncodedPayload): boolean {
  const isPlain = delayMs === 0 && dedupe === undefined && idempotencyKey === undefined;
  const { deadlineMs, expiresInMs, notify, cleanUpMs, steps } = runOptions;
  const isOfJob = [deadlineMs, expiresInMs, notify, cleanUpMs, steps].some((option) => option !== undefined);
  return isPlain && !isOfJob && json.length <= MAX_SHARED_INPUT_LENGTH;
}

/** The id of a job or, for jobs that share one, of their workflow. */
export function idOf({ name }: JobContract, { tenant, dedupe, idempotencyKey }: AddPlan): string {
  const own = dedupe !== undefined ? `${name}:${dedupe.key}` : idempotencyKey === undefined ? uuidv7() : idOfKey(idempotencyKey);
  return tenant === undefined ? own : `${tenantPrefix(tenant)}${own}`;
}
