/** Owns the routes of live events. */
import { isTerminal } from '../../contract/snapshot.ts';
import { unknownJob } from '../../contract/errors.ts';
import type { CallContext, Handlers, LiveEvent } from '../context.ts';
import { filterOf } from '../filter.ts';

export const liveHandlers: Handlers<'watchJob' | 'watchQueue' | 'watchJobs'> = {
  async watchJob({ params: { id } }, context) {
    // Before the answer begins: afterwards it could not be said any more.
    if ((await context.jobs.get(id)) === undefined) throw unknownJob(id);
    return eventsOfJob(id, context);
  },

  watchQueue({ params: { queue } }, context) {
    return eventsOfAll({ queue }, context);
  },

  watchJobs({ query }, context) {
    return eventsOfAll(query, context);
  },
};

async function* eventsOfJob(id: string, { jobs, signal, headers }: CallContext): AsyncGenerator<LiveEvent> {
  const seen = versionSeen(headers.get('last-event-id'), id);
  for await (const job of jobs.watch(id, { signal })) {
    if (job.version > seen || isTerminal(job.status)) yield { id: `${id}:${job.version}`, job };
  }
}

function eventsOfAll(filter: Parameters<typeof filterOf>[0], context: CallContext): AsyncIterable<LiveEvent> {
  const after = context.headers.get('last-event-id') ?? undefined;
  return context.jobs.events(filterOf(filter, context), { signal: context.signal, ...(after === undefined ? {} : { after }) });
}

/** The version in the id of an event of this job; 0 for any other text. */
function versionSeen(eventId: string | null, id: string): number {
  if (eventId === null || !eventId.startsWith(`${id}:`)) return 0;
  const version = Number(eventId.slice(id.length + 1));
  return Number.isFinite(version) ? version : 0;
}
