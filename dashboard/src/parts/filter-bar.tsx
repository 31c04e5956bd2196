/** Owns the controls above the list of jobs: statuses with their numbers as chips, and what narrows further. */
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useSearch } from 'wouter';
import { useCounts, useJobTypes, useStats } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { StatusIcon, STATUSES, statusWord } from '../statuses.tsx';
import { type JobFilterState, SPANS } from './job-filter.ts';

const TYPING_MS = 300;
const TEXTS = [
  { field: 'idPrefix', label: 'Id begins with' },
  { field: 'tag', label: 'Tag' },
  { field: 'key', label: 'Key' },
  { field: 'error', label: 'Error' },
] as const;

export function FilterBar({ state: { filter, set, clear } }: { readonly state: JobFilterState }) {
  const types = useJobTypes();
  const stats = useStats();
  const given = new URLSearchParams(useSearch());
  const hasMore = Object.keys(filter).length > 0;
  return (
    <div className="page" style={{ gap: 10 }}>
      <StatusChips state={{ filter, set, clear }} />
      <Narrowing key={hasMore ? 'narrowed' : 'all'}>
        <Select
          size="xs"
          aria-label="Type"
          placeholder="Any type"
          clearable
          searchable
          value={filter.type ?? null}
          data={types.data?.types.map(({ type }) => type) ?? []}
          onChange={(type) => set({ type: type ?? undefined })}
        />
        <Select
          size="xs"
          aria-label="Queue"
          placeholder="Any queue"
          clearable
          searchable
          value={filter.queue ?? null}
          data={queueNames(stats.data?.queues, filter.queue)}
          onChange={(queue) => set({ queue: queue ?? undefined })}
        />
        <Select
          size="xs"
          aria-label="Added"
          placeholder="Any time"
          clearable
          value={given.get('addedAfter')}
          data={Object.entries(SPANS).map(([value, { name }]) => ({ value, label: name }))}
          onChange={(span) => set({ addedAfter: span ?? undefined })}
        />
        {TEXTS.map(({ field, label }) => (
          <TextFilter key={field} label={label} value={given.get(field) ?? ''} onType={(text) => set({ [field]: text })} />
        ))}
        {hasMore && (
          <Button variant="subtle" onClick={clear}>
            Clear filters
          </Button>
        )}
      </Narrowing>
    </div>
  );
}

interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly onType: (text: string) => void;
}

/** Each waits by itself until nothing more is typed. */
function TextFilter({ label, value, onType }: TextFilterProps) {
  const type = useDebouncedCallback(onType, TYPING_MS);
  return (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={`${label}…`}
      defaultValue={value}
      onChange={({ currentTarget }) => type(currentTarget.value)}
    />
  );
}

/** On a phone behind a button. */
function Narrowing({ children }: { readonly children: ReactNode }) {
  const isPhone = useMediaQuery('(max-width: 760px)') ?? false;
  return (
    <details className="narrow-phone" open={!isPhone}>
      <summary>More filters</summary>
      <div className="narrow">{children}</div>
    </details>
  );
}

function queueNames(queues: readonly { readonly queue: string }[] | undefined, chosen: string | undefined): string[] {
  return [...new Set([...(queues ?? []).map(({ queue }) => queue), ...(chosen === undefined ? [] : [chosen])])];
}

function StatusChips({ state: { filter, set } }: { readonly state: JobFilterState }) {
  const { status: _status, addedAfter: _after, addedBefore: _before, ...counted } = filter;
  const { data } = useCounts(counted);
  const total = data === undefined ? undefined : STATUSES.reduce((sum, status) => sum + (data[status] ?? 0), 0);
  return (
    <div className="chips" role="group" aria-label="Status">
      <button type="button" className="chip" aria-pressed={filter.status === undefined} onClick={() => set({ status: undefined })}>
        Any <span className="soft">{numberText(total)}</span>
      </button>
      {STATUSES.filter((status) => status === filter.status || status === 'failed' || (data?.[status] ?? 0) > 0).map((status) => (
        <button
          key={status}
          type="button"
          className={`chip ${status}`}
          aria-pressed={filter.status === status}
          onClick={() => set({ status: filter.status === status ? undefined : status })}
        >
          <StatusIcon status={status} />
          {statusWord(status)} <span>{numberText(data?.[status])}</span>
        </button>
      ))}
      {data?.isExact === false && (
        <span className="soft small">of those that wait, the newest 500 and the oldest were looked at: their numbers are about right</span>
      )}
    </div>
  );
}
