/** Owns the rows of the list of jobs: only those in view are drawn, and none moves by itself. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMediaQuery } from '@mantine/hooks';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { JobSnapshot, JobSummary } from '../../../src/contract/snapshot.ts';
import { useLiveJob, useSnapshots } from '../data/queries.ts';
import { numberText, shortId } from '../format.ts';
import { StatusBadge } from '../statuses.tsx';
import { rememberList } from './neighbours.ts';
import { Doing } from './doing.tsx';
import { Ago } from './time.tsx';

const [ROW, CARD] = [40, 64] as const;
const BEYOND = 8;

/** The list of the jobs that share the workflow of this id. */
export function jobsOf(id: string): string {
  return `/jobs?idPrefix=${encodeURIComponent(`${id}~`)}`;
}

export interface RowsProps {
  readonly jobs: readonly JobSummary[];
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (ids: readonly string[], isOn: boolean) => void;
  /** Undefined: nothing can be done with them. */
  readonly canSelect: boolean;
  readonly onEnd: () => void;
  readonly matches: (job: JobSummary) => boolean;
}

export function JobRows({ jobs, selected, onSelect, canSelect, onEnd, matches }: RowsProps) {
  const place = useRef<HTMLDivElement>(null);
  const isPhone = useMediaQuery('(max-width: 760px)') ?? false;
  const [focus, setFocus] = useState(0);
  const [, go] = useLocation();
  const rows = useVirtualizer({
    count: jobs.length,
    getScrollElement: () => place.current,
    estimateSize: () => (isPhone ? CARD : ROW),
    overscan: BEYOND,
  });
  useEffect(() => rows.measure(), [isPhone, rows]);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useSnapshots(shown.flatMap(({ index }) => jobs[index]?.id ?? []));
  useEffect(() => {
    if (last >= jobs.length - BEYOND) onEnd();
  }, [last, jobs.length, onEnd]);
  const open = (job: JobSummary | undefined): void => {
    if (job === undefined) return;
    rememberList(
      jobs.map(({ id }) => id),
      window.location.search,
    );
    go(job.carries === undefined ? `/jobs/${encodeURIComponent(job.id)}` : jobsOf(job.id));
  };
  const move = (by: number): void => {
    const next = Math.max(0, Math.min(jobs.length - 1, focus + by));
    setFocus(next);
    rows.scrollToIndex(next);
  };
  const onKey = (event: KeyboardEvent): void => {
    const job = jobs[focus];
    const acts: Readonly<Record<string, () => void>> = {
      j: () => move(1),
      ArrowDown: () => move(1),
      k: () => move(-1),
      ArrowUp: () => move(-1),
      PageDown: () => move(12),
      PageUp: () => move(-12),
      Home: () => move(-jobs.length),
      End: () => move(jobs.length),
      Enter: () => open(job),
      x: () => job !== undefined && canSelect && onSelect([job.id], !selected.has(job.id)),
      Escape: () => onSelect([...selected], false),
    };
    const act = acts[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={place}
      className="rows"
      role="grid"
      aria-label="Jobs"
      aria-rowcount={jobs.length}
      tabIndex={0}
      onKeyDown={onKey}
      aria-activedescendant={jobs[focus] === undefined ? undefined : `row-${focus}`}
    >
      <div style={{ height: rows.getTotalSize() }} role="presentation">
        {shown.map(({ index, start }) => {
          const job = jobs[index];
          if (job === undefined) return null;
          return (
            <Row
              key={job.id}
              job={job}
              index={index}
              start={start}
              isFocus={index === focus}
              isSelected={selected.has(job.id)}
              canSelect={canSelect}
              matches={matches}
              onSelect={onSelect}
              onOpen={() => open(job)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowProps extends Pick<RowsProps, 'onSelect' | 'canSelect' | 'matches'> {
  readonly job: JobSummary;
  readonly index: number;
  readonly start: number;
  readonly isFocus: boolean;
  readonly isSelected: boolean;
  readonly onOpen: () => void;
}

function Row({ job, index, start, isFocus, isSelected, canSelect, matches, onSelect, onOpen }: RowProps) {
  const live = useLiveJob(job.id);
  const known: JobSummary | JobSnapshot = live ?? job;
  const classes = ['row', isFocus ? 'focus' : '', matches(known) ? '' : 'gone'].join(' ');
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      className={classes}
      style={{ transform: `translateY(${start}px)` }}
      onClick={onOpen}
    >
      <span role="gridcell" className="c-pick">
        {canSelect && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${job.type} ${job.id}`}
            checked={isSelected}
            onClick={(event) => event.stopPropagation()}
            onChange={({ currentTarget }) => onSelect([job.id], currentTarget.checked)}
          />
        )}
      </span>
      <span role="gridcell">
        <StatusBadge status={known.status} />
      </span>
      <span role="gridcell" className="name">
        <span className="strong cut">{job.type}</span>
        {job.carries !== undefined && <span className="badge nowrap">{numberText(job.carries)} jobs</span>}
        <span className="mono soft nowrap wide" title={job.id}>
          {shortId(job.id)}
        </span>
      </span>
      <span role="gridcell" className="c-answer cut">
        <Doing job={live} />
      </span>
      <span role="gridcell" className="c-attempt right soft">
        {live === undefined || live.attempt === 0 ? '' : `${live.attempt}/${live.maxAttempts}`}
      </span>
      <span role="gridcell" className="right soft small">
        <Ago at={known.endedAt ?? (live?.status === 'processing' ? (live.startedAt ?? job.addedAt) : job.addedAt)} />
      </span>
    </div>
  );
}
