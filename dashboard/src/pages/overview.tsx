/** Owns the first page: is something wrong, how much work is there, what moves now, what was done. */
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconAlertTriangleFilled, IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { JobSnapshot, JobSummary } from '../../../src/contract/snapshot.ts';
import type { JobStatistics } from '../../../src/contract/statistics/report.ts';
import { liveJobs } from '../data/live-jobs.ts';
import { useCounts, useLastFailed, useLive, useLiveJob, useMe, useRefresh, useSnapshots, useStats } from '../data/queries.ts';
import { durationText, numberText } from '../format.ts';
import { Doing } from '../parts/doing.tsx';
import { FirstJob } from '../parts/first-job.tsx';
import { type Problem, useProblems } from '../parts/problems.ts';
import { Failed, Loaded, Skeleton } from '../parts/states.tsx';
import { Throughput } from '../parts/throughput.tsx';
import { TypeTable } from '../parts/type-table.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';

const RUNNING_SHOWN = 12;

export function Overview() {
  useRefresh(['stats', 'counts', 'last-failed']);
  const me = useMe();
  const stats = useStats();
  const problems = useProblems();
  useTitle(problems.length > 0 ? `(${problems.length}) Overview` : 'Overview');
  const isOfTenant = me.data?.tenant !== undefined;
  return (
    <div className="page">
      <h1>Overview</h1>
      {stats.data !== undefined && <Problems problems={problems} statistics={stats.data} />}
      {stats.error !== null && !isOfTenant && <Failed what="the statistics" error={stats.error} again={stats.refetch} />}
      <Tiles statistics={stats.data} />
      <div className="grid halves">
        <div className="page">
          <Running />
          <LastFailed />
        </div>
        {stats.data === undefined ? isOfTenant ? null : <Skeleton height={260} /> : <LastHour statistics={stats.data} />}
      </div>
      {stats.data !== undefined && stats.data.types.length > 0 && (
        <section className="card flush" aria-label="Job types">
          <h2>Job types</h2>
          <TypeTable types={stats.data.types} />
        </section>
      )}
    </div>
  );
}

/** On a phone behind a button: charts come last there. */
function LastHour({ statistics }: { readonly statistics: JobStatistics }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <div className="phone">
        <Button variant="default" fullWidth onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide last hour' : 'Show last hour'}
        </Button>
      </div>
      <div className={isOpen ? '' : 'wide'}>
        <Throughput types={statistics.types} />
      </div>
    </>
  );
}

function Problems({ problems, statistics }: { readonly problems: readonly Problem[]; readonly statistics: JobStatistics }) {
  if (problems.length === 0) {
    const oldest = Math.max(0, ...statistics.queues.map(({ oldestWaitingMs }) => oldestWaitingMs.value ?? 0));
    return (
      <p className="calm">
        <IconCircleCheck size={20} aria-hidden />
        <strong>All good.</strong>
        <span className="soft">{oldest === 0 ? 'Nothing waits.' : `Oldest waiting job: ${durationText(oldest)}.`}</span>
      </p>
    );
  }
  return (
    <section className="card flush" aria-label="Problems">
      <h2>
        {problems.length} {problems.length === 1 ? 'problem' : 'problems'}
      </h2>
      {problems.map(({ key, isBad, sentence, more, link, act }) => (
        <div key={key} className={`problem ${isBad ? 'failed' : 'retrying'}`}>
          {isBad ? <IconAlertTriangleFilled size={18} aria-label="Bad" /> : <IconAlertTriangle size={18} aria-label="To look at" />}
          <div>
            <div className="strong">{sentence}</div>
            <div className="soft">{more}</div>
          </div>
          <Button variant="default" component={Link} to={link}>
            {act}
          </Button>
        </div>
      ))}
    </section>
  );
}

/** Of the last minutes of all types. */
function sum(values: readonly (readonly number[])[], minutes: number): number {
  return values.reduce((all, one) => all + one.slice(-minutes).reduce((a, b) => a + b, 0), 0);
}

function Tiles({ statistics }: { readonly statistics: JobStatistics | undefined }) {
  const counts = useCounts();
  const lastHour = statistics?.types ?? [];
  const failed = sum(
    lastHour.map(({ failedPerMinute }) => failedPerMinute),
    60,
  );
  const ended =
    sum(
      lastHour.map(({ perMinute }) => perMinute),
      5,
    ) / 5;
  const slots =
    statistics === undefined || statistics.workers === 'unknown'
      ? []
      : statistics.workers.filter(({ status }) => status === 'running').flatMap(({ queues }) => queues);
  const places = slots.reduce((all, { busy, free }) => all + busy + free, 0);
  const oldest = Math.max(0, ...(statistics?.queues ?? []).map(({ oldestWaitingMs }) => oldestWaitingMs.value ?? 0));
  return (
    <Loaded query={counts} what="the counts" height={96}>
      {(data) => (
        <div className="grid tiles">
          <Tile
            to="/jobs?status=queued"
            name="Waiting"
            value={numberText(data.queued + data.retrying)}
            more={
              oldest === 0 ? (data.delayed > 0 ? `${numberText(data.delayed)} delayed` : 'none is late') : `oldest ${durationText(oldest)}`
            }
          />
          <Tile
            to="/jobs?status=processing"
            name="Running"
            value={numberText(data.processing)}
            more={
              places === 0
                ? 'no worker runs'
                : `${numberText(slots.reduce((all, { busy }) => all + busy, 0))} of ${numberText(places)} places used`
            }
          />
          <Tile
            to="/jobs?status=completed"
            name="Completed"
            value={numberText(data.completed)}
            more={`${numberText(ended)} ended a minute`}
          />
          <Tile to="/jobs?status=failed" name="Failed" value={numberText(data.failed)} more={`${numberText(failed)} in the last hour`} />
        </div>
      )}
    </Loaded>
  );
}

function Tile({ to, name, value, more }: { readonly to: string; readonly name: string; readonly value: string; readonly more: string }) {
  return (
    <Link to={to} className="card tile">
      <div className="soft">{name}</div>
      <div className="big">{value}</div>
      <div className="soft small">{more}</div>
    </Link>
  );
}

/** With the reason in the row: two clicks from here to a retry. */
function LastFailed() {
  const { data } = useLastFailed();
  const jobs = data?.jobs ?? [];
  useSnapshots(jobs.map(({ id }) => id));
  if (jobs.length === 0) return null;
  return (
    <section className="card flush" aria-label="Failed last">
      <h2>Failed last</h2>
      {jobs.map((job) => (
        <FailedRow key={job.id} job={job} />
      ))}
    </section>
  );
}

function FailedRow({ job }: { readonly job: JobSummary }) {
  const live = useLiveJob(job.id);
  return (
    <Link to={`/jobs/${encodeURIComponent(job.id)}`} className="row short">
      <span className="strong cut">{job.type}</span>
      <Doing job={live} />
      <span className="soft small">
        <Ago at={job.endedAt ?? job.addedAt} />
      </span>
    </Link>
  );
}

function isMoving({ status }: JobSnapshot): boolean {
  return status === 'processing' || status === 'cancelling';
}

/** By their start: a row keeps its place until it ends. */
function Running() {
  const { connection } = useLive();
  const counts = useCounts();
  const running = liveJobs
    .all()
    .filter(isMoving)
    .toSorted((one, other) => (one.startedAt ?? '').localeCompare(other.startedAt ?? ''));
  const hasNone = counts.data !== undefined && Object.values(counts.data).every((value) => typeof value !== 'number' || value === 0);
  if (hasNone && connection === 'live') return <FirstJob />;
  return (
    <section className="card flush" aria-label="Running now">
      <h2>
        Running now <span className="soft">{running.length > 0 ? numberText(running.length) : ''}</span>
      </h2>
      {running.length === 0 && <p className="empty">No handler runs at the moment.</p>}
      {running.slice(0, RUNNING_SHOWN).map((job) => (
        <Link key={job.id} to={`/jobs/${encodeURIComponent(job.id)}`} className="row short">
          <span className="strong cut">{job.type}</span>
          <Doing job={job} />
        </Link>
      ))}
      {running.length > RUNNING_SHOWN && (
        <p className="problem">
          <span />
          <Link to="/jobs?status=processing">All {numberText(running.length)} that run</Link>
        </p>
      )}
    </section>
  );
}
