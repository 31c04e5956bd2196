/** Owns the answer of a worker that is given a job whose handler it does not have: not counted, tried again elsewhere or later. */
import { ApplicationFailure, type Context } from '@temporalio/activity';
import { asAttemptState, type AttemptState, FIRST_ATTEMPT } from '../contract/attempts.ts';
import { readChunkType } from '../contract/carrier.ts';
import { formatMs } from '../contract/duration.ts';
import type { HandlerHost } from './run-handler.ts';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const MAX_DOUBLINGS = 5;

/** Reports that this process has no handler for the job it was given. The wait before the next try is 1 s, doubled up to 30 s. */
export function missingHandler(context: Context, host: HandlerHost, knownTypes: readonly string[]): ApplicationFailure {
  const { activityType, workflowExecution } = context.info;
  const before = asAttemptState(context.info.heartbeatDetails) ?? FIRST_ATTEMPT;
  context.heartbeat({ ...before, uncounted: before.uncounted + 1, isHandlerMissing: true } satisfies AttemptState);
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(before.uncounted, MAX_DOUBLINGS));
  const known = knownTypes.length === 0 ? 'none' : knownTypes.join(', ');
  const message = `This worker has no handler for the job type "${readChunkType(activityType) ?? activityType}"; it has: ${known}.`;
  host.log.warn('handler missing', {
    type: activityType,
    job: workflowExecution?.workflowId,
    next: `in ${formatMs(waitMs)}`,
    error: message,
  });
  return ApplicationFailure.create({ message, type: 'handler-missing', nextRetryDelay: waitMs });
}
