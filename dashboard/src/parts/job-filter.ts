/** Owns the filter of the list of jobs: it is the address of the page, so that a link shows the same. */
import { useLocation, useSearch } from 'wouter';
import type { ListFilter } from '../data/queries.ts';
import { STATUSES } from '../statuses.tsx';

export const FIELDS = ['status', 'type', 'queue', 'tag', 'key', 'idPrefix', 'error', 'addedAfter'] as const;
type Field = (typeof FIELDS)[number];
const TEXT_FIELDS = ['type', 'queue', 'tag', 'key', 'idPrefix', 'error'] as const;

export interface JobFilterState {
  readonly filter: ListFilter;
  readonly set: (change: Partial<Record<Field, string | undefined>>) => void;
  readonly clear: () => void;
}

/** Spans of time by the name in the address. */
export const SPANS: Readonly<Record<string, { readonly name: string; readonly ms: number }>> = {
  '1h': { name: 'Last hour', ms: 3_600_000 },
  '24h': { name: 'Last 24 hours', ms: 86_400_000 },
  '7d': { name: 'Last 7 days', ms: 7 * 86_400_000 },
};

/** Rounded, so that the same question has the same address. */
const ROUND_MS = 60_000;

export function useJobFilter(): JobFilterState {
  const [path, go] = useLocation();
  const given = new URLSearchParams(useSearch());
  const value = (field: Field): string | undefined => given.get(field) ?? undefined;
  const status = STATUSES.find((one) => one === value('status'));
  const span = SPANS[value('addedAfter') ?? ''];
  const texts = TEXT_FIELDS.flatMap((field) => (value(field) === undefined ? [] : [[field, value(field)] as const]));
  const filter: ListFilter = {
    ...(status === undefined ? {} : { status }),
    ...Object.fromEntries(texts),
    ...(span === undefined ? {} : { addedAfter: new Date(Math.floor((Date.now() - span.ms) / ROUND_MS) * ROUND_MS).toISOString() }),
  };
  const set: JobFilterState['set'] = (change) => {
    const next = new URLSearchParams(given);
    for (const [field, to] of Object.entries({ ...besides(change), ...change })) {
      if (to === undefined || to === '') next.delete(field);
      else next.set(field, to);
    }
    const text = next.toString();
    go(text === '' ? path : `${path}?${text}`);
  };
  return { filter, set, clear: () => go(path) };
}

/** Only failed jobs have an error: choosing another status ends the search for one, and the other way round. */
function besides({ status, error }: Partial<Record<Field, string | undefined>>): Partial<Record<Field, undefined>> {
  if (error !== undefined && error !== '') return { status: undefined };
  return status === undefined || status === 'failed' ? {} : { error: undefined };
}
