/** Owns the process of tests of single handler calls: what all handlers of it share, without a server. */
import { CancelNotices } from '../../../../src/activities/cancel-notices.ts';
import { Heartbeats } from '../../../../src/activities/heartbeats.ts';
import type { HandlerHost } from '../../../../src/activities/run-handler.ts';
import { RunningHandlers } from '../../../../src/activities/running-handlers.ts';
import { CarriedValues } from '../../../../src/payloads/carried-values.ts';

/** A process of its own. */
export function handlerHost(more: Partial<HandlerHost> = {}): HandlerHost {
  return {
    identity: 'w1',
    heartbeats: new Heartbeats(),
    cancels: new CancelNotices(),
    indexGroups: () => Promise.resolve(),
    isCancelled: () => false,
    observer: { attemptStarted: () => undefined, attemptEnded: () => undefined },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    values: new CarriedValues(undefined),
    services: { outcomeOf: async () => await Promise.resolve(undefined) },
    running: new RunningHandlers(),
    begun: async () => await Promise.resolve(),
    writeAhead: async () => await Promise.resolve(),
    tellOutcomes: async () => await Promise.resolve(),
    cancelledJobs: async () => await Promise.resolve(new Set<number>()),
    reportProgress: ignore,
    ...more,
  };
}

function ignore(): void {
  // Nobody reads it here.
}
