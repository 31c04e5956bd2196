/** Owns what calls have in common in which a worker works through many jobs: one attempt, whose heartbeats are those of all of them. */
import { type AttemptState, FIRST_ATTEMPT } from '../contract/attempts.ts';
import { messageOf } from '../contract/errors.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import { Attempt } from './attempt.ts';
import { startBeats } from './attempt-beats.ts';
import type { HandledJob } from './handle.ts';
import { attemptRule, type HandlerRun, shutdownFailure } from './run-handler.ts';

/** Does the work of the call, and reports what it gives. Undefined: a shutdown has stopped it, and another worker goes on with it. */
export async function asOneCall<Result>(
  { contract }: HandledJob,
  { context, host, options }: HandlerRun,
  work: (attempt: Attempt) => Promise<Result | undefined>,
): Promise<ResultEnvelope> {
  // Whoever counts and measures hears of its jobs, not of the call.
  const quiet = { ...host, reportProgress: () => undefined, observer: { attemptStarted: () => undefined, attemptEnded: () => undefined } };
  const attempt = new Attempt(context, host.identity, attemptRule(contract, options, context));
  const beats = startBeats(attempt, context, quiet);
  try {
    return await beats.reported(async () => {
      await beats.announce();
      const output = await work(attempt);
      if (output === undefined) throw shutdownFailure(attempt.stopped, attempt);
      return { output, state: FIRST_ATTEMPT };
    });
  } finally {
    beats.stop();
  }
}

/** Has the server know, if it answers, what the call is about to do. */
export async function writeDown(attempt: { readonly state: AttemptState }, { context, host }: HandlerRun): Promise<void> {
  try {
    await host.writeAhead(context.info.taskToken, attempt.state);
  } catch (error) {
    host.log.debug('not written down', { job: context.info.workflowExecution?.workflowId, error: messageOf(error) });
  }
}
