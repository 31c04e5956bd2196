/**
 * Owns what a Temporal worker is given as its activities: one that takes every type and looks its handler up, so that
 * handlers may be registered while it runs, and the parser of multi-step jobs' inputs.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { SegmentsCall } from '../contract/batch.ts';
import { asJobError } from '../contract/errors.ts';
import { type ChunkCall, readChunkType } from '../contract/carrier.ts';
import { GROUPS_ACTIVITY, PARSE_INPUT_ACTIVITY, readRunOptions, type ResultEnvelope, type RunOptions } from '../contract/messages.ts';
import { checkPayload, inlineValue } from '../contract/payload.ts';
import { parseInput } from '../contract/validate.ts';
import { runChunk } from './chunk.ts';
import { cleanUpHandler } from './clean-up.ts';
import type { HandledJob } from './handle.ts';
import type { HandlerLimit } from './handler-limit.ts';
import type { HandlerRegistry } from './handler-registry.ts';
import { missingHandler } from './missing-handler.ts';
import { type HandlerHost, runHandledJob } from './run-handler.ts';
import { runSegments } from './segments.ts';

export interface JobActivities {
  /** Temporal calls it for every activity type that has no function of its own. */
  default(input: unknown, options?: RunOptions): Promise<ResultEnvelope>;
  [PARSE_INPUT_ACTIVITY](type: string, input: unknown): Promise<unknown>;
  [GROUPS_ACTIVITY](): Promise<void>;
}

/** The activities of one queue. */
export function jobActivities(registry: HandlerRegistry, host: HandlerHost, limit: HandlerLimit): JobActivities {
  const handlerOf = (type: string): HandledJob | undefined => {
    const cleanUp = registry.cleanUp(type);
    return cleanUp === undefined ? registry.handler(type) : cleanUpHandler(cleanUp, host.values);
  };
  return {
    async default(input, options) {
      const context = Context.current();
      const { activityType } = context.info;
      const chunkOf = readChunkType(activityType);
      const handled = handlerOf(chunkOf ?? activityType);
      if (handled === undefined) throw missingHandler(context, host, registry.handledTypes);
      const run = { context, options: readRunOptions(options), host, limit };
      if (chunkOf === undefined) return await runHandledJob(handled, input, run);
      return run.options.batch === undefined
        ? await runChunk(handled, input as ChunkCall, run)
        : await runSegments(handled, input as SegmentsCall, run);
    },
    [GROUPS_ACTIVITY]: () => host.indexGroups(),
    async [PARSE_INPUT_ACTIVITY](type, input) {
      const contract = registry.contract(type);
      if (contract === undefined) {
        const message = `This worker does not know the job type "${type}". Give it multiStep(contract).`;
        host.log.warn('contract missing', { type, job: Context.current().info.workflowExecution?.workflowId, error: message });
        throw ApplicationFailure.create({ type: 'handler-missing', message });
      }
      // The body of a job works with its input, which so has to fit into the job's history.
      const rule = { what: `input of "${type}"`, taker: 'a job of several steps', by: 'pass' } as const;
      return await parse(() => parseInput(contract, inlineValue(input, rule)), type);
    },
  };
}

async function parse(body: () => Promise<unknown>, type: string): Promise<unknown> {
  try {
    return checkPayload(await body(), `input of "${type}"`);
  } catch (error) {
    const known = asJobError(error);
    throw known === undefined
      ? error
      : ApplicationFailure.create({ message: known.message, type: known.code, nonRetryable: true, details: [known.details] });
  }
}
