/** Owns the list of jobs: which ones, what happens with each, and what can be done with many. */
import { Button } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { JobSummary } from '../../../src/contract/snapshot.ts';
import { liveJobs } from '../data/live-jobs.ts';
import { type ListFilter, queryClient, useCanAct, useCounts, useJobs, useLive, useRefresh } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { BulkBar } from '../parts/bulk-bar.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { FirstJob } from '../parts/first-job.tsx';
import { useJobFilter } from '../parts/job-filter.ts';
import { JobRows } from '../parts/job-rows.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { statusWord } from '../statuses.tsx';

export function Jobs() {
  useRefresh(['counts', 'stats']);
  const state = useJobFilter();
  const { filter } = state;
  const canAct = useCanAct();
  const query = useJobs(filter);
  const jobs = useMemo(() => (query.data?.pages ?? []).flatMap((page) => page.jobs as readonly JobSummary[]), [query.data]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useTitle(filter.status === undefined ? 'Jobs' : `${statusWord(filter.status)} jobs`);
  const select = useCallback(
    (ids: readonly string[], isOn: boolean) =>
      setSelected((before) => {
        const next = new Set(before);
        for (const id of ids)
          if (isOn) next.add(id);
          else next.delete(id);
        return next;
      }),
    [],
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const matching = useMatching(filter);
  return (
    <div className="page">
      <div className="head">
        <h1>Jobs</h1>
        <div className="push">
          {canAct && (
            <Button component={Link} to="/jobs/new">
              Add job
            </Button>
          )}
        </div>
      </div>
      <FilterBar state={state} />
      <Loaded query={query} what="the list" height={400}>
        {() =>
          jobs.length === 0 ? (
            <NoJobs filter={filter} clear={state.clear} />
          ) : (
            <section className="card flush" aria-label="List of jobs">
              <News jobs={jobs} filter={filter} />
              <Headings jobs={jobs} selected={selected} select={select} canAct={canAct} />
              <JobRows
                key={JSON.stringify(filter)}
                jobs={jobs}
                selected={selected}
                onSelect={select}
                canSelect={canAct}
                onEnd={onEnd}
                matches={(job) => isMatch(job, filter)}
              />
              <BulkBar selected={selected} filter={filter} matching={matching} clear={() => setSelected(new Set())} />
            </section>
          )
        }
      </Loaded>
    </div>
  );
}

function useMatching(filter: ListFilter): number | undefined {
  const { status, addedAfter, addedBefore, ...counted } = filter;
  const { data } = useCounts(counted);
  return status === undefined || addedAfter !== undefined || addedBefore !== undefined ? undefined : data?.[status];
}

/** Errors are not compared: rows do not have them. */
function isMatch(job: JobSummary, { status, type, queue, key, error }: ListFilter): boolean {
  return (
    (error === undefined || job.status === 'failed') &&
    (key === undefined || job.key === key) &&
    (status === undefined || job.status === status) &&
    (type === undefined || job.type === type) &&
    (queue === undefined || job.queue === queue)
  );
}

interface HeadingProps {
  readonly jobs: readonly JobSummary[];
  readonly selected: ReadonlySet<string>;
  readonly select: (ids: readonly string[], isOn: boolean) => void;
  readonly canAct: boolean;
}

function Headings({ jobs, selected, select, canAct }: HeadingProps) {
  const isAll = selected.size > 0 && selected.size === jobs.length;
  return (
    <div className="row headings rows-head" style={{ gridTemplateColumns: '28px 124px minmax(180px, 2fr) minmax(220px, 4fr) 56px 104px' }}>
      <span>
        {canAct && (
          <input
            type="checkbox"
            aria-label="Select all that are loaded"
            checked={isAll}
            onChange={({ currentTarget }) =>
              select(
                jobs.map(({ id }) => id),
                currentTarget.checked,
              )
            }
          />
        )}
      </span>
      <span>status</span>
      <span>job</span>
      <span>what happens</span>
      <span className="right">attempt</span>
      <span className="right">when</span>
    </div>
  );
}

/** Jobs that were added since the list was read: they wait until they are asked for, so that no row moves. */
function News({ jobs, filter }: { readonly jobs: readonly JobSummary[]; readonly filter: ListFilter }) {
  useLive();
  const newest = jobs[0]?.addedAt ?? '';
  const known = useMemo(() => new Set(jobs.map(({ id }) => id)), [jobs]);
  const count = liveJobs.all().filter((job) => job.addedAt > newest && !known.has(job.id) && isMatch(job, filter)).length;
  if (count === 0 || filter.error !== undefined) return null;
  return (
    <button type="button" className="news" onClick={() => void queryClient.resetQueries({ queryKey: ['jobs'] })}>
      {numberText(count)} newer {count === 1 ? 'job' : 'jobs'} · show
    </button>
  );
}

function NoJobs({ filter, clear }: { readonly filter: ListFilter; readonly clear: () => void }) {
  if (Object.keys(filter).length === 0) return <FirstJob />;
  const { status, type } = filter;
  return (
    <Empty>
      <strong>
        No {status ?? ''} {type ?? ''} jobs match.
      </strong>
      <Button variant="default" onClick={clear}>
        Clear filters
      </Button>
    </Empty>
  );
}
