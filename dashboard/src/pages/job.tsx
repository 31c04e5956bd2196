/** Owns the page of one job: what it does or why it failed, when it is done, what can be done, what went in and out. */
import { ActionIcon } from '@mantine/core';
import { IconCopy, IconExternalLink } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { answerOf, etaText, percentText } from '../../../src/contract/answer.ts';
import { asJobError } from '../../../src/contract/errors.ts';
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';
import { liveJobs } from '../data/live-jobs.ts';
import { useAudit, useChildren, useJob, useLiveJob, useServer } from '../data/queries.ts';
import { durationText, numberText, shortClockText, shortId } from '../format.ts';
import { JobActs } from '../parts/acts.tsx';
import { Attempts } from '../parts/attempts.tsx';
import { BatchBar, BatchNumbers } from '../parts/batch-bar.tsx';
import { copy } from '../parts/copy.ts';
import { ProgressBar } from '../parts/doing.tsx';
import { JsonView } from '../parts/json-view.tsx';
import { useJobKeys, useWayKeys } from '../parts/job-keys.ts';
import { jobsOf } from '../parts/job-rows.tsx';
import { listPath } from '../parts/neighbours.ts';
import { Lifeline } from '../parts/lifeline.tsx';
import { Empty, Failed, Skeleton } from '../parts/states.tsx';
import { Ago, useNow } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { StatusBadge, SYMBOLS } from '../statuses.tsx';

const BatchItems = lazy(async () => ({ default: (await import('../parts/batch-items.tsx')).BatchItems }));

export function JobPage({ id }: { readonly id: string }) {
  useWayKeys(id);
  const query = useJob(id);
  const live = useLiveJob(id);
  const { data, refetch } = query;
  // What the stream tells has no input, no output, no record of acts: they are read again when the status changes.
  const statusSeen = useRef(data?.status);
  useEffect(() => {
    if (data !== undefined) liveJobs.learn([data]);
  }, [data]);
  useEffect(() => {
    if (live !== undefined && statusSeen.current !== undefined && live.status !== statusSeen.current) void refetch();
    statusSeen.current = live?.status ?? data?.status;
  }, [live?.status, data?.status, refetch]);
  if (data === undefined) {
    if (asJobError(query.error)?.code === 'not-found') return <Gone id={id} />;
    return query.error === null ? <Skeleton height={400} /> : <Failed what="the job" error={query.error} again={refetch} />;
  }
  const job = live !== undefined && live.version > data.version ? { ...data, ...live } : data;
  return <Shown job={job} />;
}

function Gone({ id }: { readonly id: string }) {
  useTitle('No such job');
  const { data } = useServer();
  const kept =
    data?.retentionMs === undefined ? '' : ` Finished jobs are kept for ${durationText(data.retentionMs)}; this one may be gone.`;
  return (
    <div className="page">
      <h1>No job with this id</h1>
      <Empty>
        <code>{id}</code>
        <span>{kept}</span>
        <Link to="/jobs">All jobs</Link>
      </Empty>
    </div>
  );
}

function Shown({ job }: { readonly job: JobSnapshot }) {
  useTitle(titleOf(job));
  useJobKeys(job);
  return (
    <div className="page">
      <div className="head">
        {job.batch === undefined ? <Link to={listPath()}>‹ Jobs</Link> : <Link to="/batches">‹ Batches</Link>}
        <h1>{job.batch?.name ?? job.type}</h1>
        <span className="mono soft" title={job.id}>
          {shortId(job.id)}
        </span>
        <ActionIcon aria-label="Copy the id" onClick={() => void copy(job.id, 'Id')}>
          <IconCopy size={16} />
        </ActionIcon>
        <div className="push wide">
          <JobActs job={job} />
        </div>
      </div>
      <Answer job={job} />
      <div className="grid job">
        <div className="page">
          {job.batch === undefined ? <Lifeline job={job} /> : <BatchCard job={job} batch={job.batch} />}
          {job.steps.length > 0 && job.batch === undefined && <Steps job={job} />}
          <Children job={job} />
          <Attempts job={job} />
          {'input' in job && job.batch === undefined && <JsonView value={job.input} name="Input" />}
          {'output' in job && job.batch === undefined && <JsonView value={job.output} name="Output" />}
          {job.checkpoint !== undefined && !isTerminal(job.status) && <JsonView value={job.checkpoint} name="Checkpoint" />}
        </div>
        <div className="page">
          <Facts job={job} />
          {(job.actions ?? []).length > 0 && <Actions job={job} />}
          <Trail job={job} />
        </div>
      </div>
      <div className="phone sticky">
        <div className="head">
          <JobActs job={job} />
        </div>
      </div>
    </div>
  );
}

function titleOf(job: JobSnapshot): string {
  if (job.status === 'processing' && job.progress !== null) return `${percentText(job.progress.percent)} ${job.type}`;
  return `${SYMBOLS[job.status]} ${job.type} ${job.status}`;
}

/** The sentence, large. Of a failed job it is the error, whole. */
function Answer({ job }: { readonly job: JobSnapshot }) {
  const now = Math.max(useNow(), Date.now());
  const until = etaText(job, now);
  const text =
    job.status === 'failed' ? (job.error?.message ?? 'Failed') : (job.waitingFor?.sentence ?? answerOf({ ...job, eta: null }, now));
  return (
    <section className="card" aria-label="State" aria-live="polite">
      <div className="head">
        <StatusBadge status={job.status} />
        <p className="answer">{text}</p>
        <div className="push">
          {until !== undefined && (
            <span className="nowrap">
              <strong>{until}</strong>
              <EtaTimes job={job} />
            </span>
          )}
          {job.carrier !== undefined && <Link to={jobsOf(job.carrier)}>Added with it</Link>}
          {job.carries !== undefined && <Link to={jobsOf(job.id)}>Its {numberText(job.carries)} jobs</Link>}
          {job.status === 'failed' && job.batch === undefined && (
            <Link to={`/jobs?status=failed&type=${encodeURIComponent(job.type)}`} className="nowrap">
              All failed {job.type}
            </Link>
          )}
        </div>
      </div>
      {job.progress !== null && !isTerminal(job.status) && (
        <div className="doing" style={{ marginTop: 10 }}>
          <ProgressBar percent={job.progress.percent} name="Progress" />
          <span className="strong nowrap">{percentText(job.progress.percent)}</span>
          {job.progress.total !== undefined && (
            <span className="soft nowrap">
              {numberText(job.progress.done)} of {numberText(job.progress.total)} {job.progress.unit ?? ''}
            </span>
          )}
        </div>
      )}
    </section>
  );
}

/** How far a batch is, and its items. */
function BatchCard({ job, batch }: { readonly job: JobSnapshot; readonly batch: NonNullable<JobSnapshot['batch']> }) {
  return (
    <>
      <section className="card" aria-label="Batch">
        <div className="head">
          <h2>{numberText(batch.items)} items</h2>
          <div className="push">
            <BatchNumbers batch={batch} />
          </div>
        </div>
        <BatchBar batch={batch} />
      </section>
      <Suspense fallback={<Skeleton height={300} />}>
        <BatchItems job={job} />
      </Suspense>
    </>
  );
}

function EtaTimes({ job: { eta } }: { readonly job: JobSnapshot }) {
  if (eta === null || eta === 'unknown') return null;
  const from = eta.samples === 0 ? 'its own progress' : `${numberText(eta.samples)} runs of this type and its own progress`;
  return (
    <span
      className="soft"
      title={`5 in 10 such jobs end by ${shortClockText(Date.parse(eta.p50))}, 9 in 10 by ${shortClockText(Date.parse(eta.p90))}; told from ${from}`}
    >
      {' '}
      ({shortClockText(Date.parse(eta.p50))}–{shortClockText(Date.parse(eta.p90))})
    </span>
  );
}

function Steps({ job }: { readonly job: JobSnapshot }) {
  return (
    <section className="card flush" aria-label="Steps under way">
      <h2>Steps under way</h2>
      {job.steps.map((step) => (
        <div key={step.id} className="row">
          <StatusBadge status={step.status} />
          <span className="strong cut">{step.type}</span>
          <span className="doing">
            {step.progress !== null && <ProgressBar percent={step.progress.percent} name={`Progress of ${step.label ?? step.type}`} />}
            <span className="cut">{step.label ?? step.progress?.message ?? step.id}</span>
          </span>
        </div>
      ))}
    </section>
  );
}

/** The jobs that it has started, and how they stand. */
function Children({ job }: { readonly job: JobSnapshot }) {
  const { data } = useChildren(job.id);
  const children = data?.jobs ?? [];
  if (children.length === 0) return null;
  return (
    <section className="card flush" aria-label="Jobs that it started">
      <h2>Jobs that it started</h2>
      {children.map((child) => (
        <div key={child.id} className="kind">
          <StatusBadge status={child.status} />
          <span className="cut">
            <Link to={child.carries === undefined ? `/jobs/${encodeURIComponent(child.id)}` : jobsOf(child.id)}>
              {child.type}
              {child.carries === undefined ? '' : `, ${numberText(child.carries)} jobs`}
            </Link>
          </span>
          <span className="soft nowrap">
            <Ago at={child.endedAt ?? child.addedAt} />
          </span>
        </div>
      ))}
      {data?.nextPageToken !== undefined && <div className="kind soft">… and older ones</div>}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Facts({ job }: { readonly job: JobSnapshot }) {
  const { data: server } = useServer();
  const history =
    server?.uiUrl === undefined
      ? undefined
      : `${server.uiUrl}/namespaces/${encodeURIComponent(server.namespace)}/workflows/${encodeURIComponent(job.carrier ?? job.id)}/${job.runId}/history`;
  return (
    <section className="card" aria-label="Facts">
      <h2>Facts</h2>
      <dl className="facts">
        <Fact name="Id">
          <code>{job.id}</code>
        </Fact>
        <Fact name="Queue">
          <Link to={`/queues/${encodeURIComponent(job.queue)}`}>{job.queue}</Link>
        </Fact>
        <Fact name="Priority">{job.priority}</Fact>
        {job.key !== undefined && <Fact name="Key">{job.key}</Fact>}
        {job.tenant !== undefined && <Fact name="Tenant">{job.tenant}</Fact>}
        {job.tags.length > 0 && <Fact name="Tags">{job.tags.join(', ')}</Fact>}
        {job.batch === undefined && (
          <Fact name="Attempt">
            {job.attempt} of {job.maxAttempts}
          </Fact>
        )}
        {job.batch !== undefined && <Fact name="Type">{job.type}</Fact>}
        {job.parent !== undefined && (
          <Fact name="Part of">
            <Link to={`/jobs/${encodeURIComponent(job.parent)}`}>{shortId(job.parent)}</Link>
          </Fact>
        )}
        {job.run > 1 && <Fact name="Run">{job.run}</Fact>}
        <Fact name="Added">
          <Ago at={job.addedAt} />
        </Fact>
        {job.runAt !== undefined && (
          <Fact name="Due">
            <Ago at={job.runAt} />
          </Fact>
        )}
        {job.startedAt !== undefined && (
          <Fact name="Started">
            <Ago at={job.startedAt} />
          </Fact>
        )}
        {job.endedAt !== undefined && (
          <Fact name="Ended">
            <Ago at={job.endedAt} />
          </Fact>
        )}
        {job.deadlineAt !== undefined && (
          <Fact name="Deadline">
            <Ago at={job.deadlineAt} />
          </Fact>
        )}
        {job.worker !== undefined && <Fact name="Worker">{job.worker}</Fact>}
        {job.cancelledBy !== undefined && <Fact name="Cancelled by">{job.cancelledBy}</Fact>}
      </dl>
      {history !== undefined && (
        <p style={{ marginTop: 12 }}>
          <a href={history} target="_blank" rel="noreferrer">
            Open in Temporal Web UI <IconExternalLink size={14} aria-hidden />
          </a>
        </p>
      )}
    </section>
  );
}

function Actions({ job }: { readonly job: JobSnapshot }) {
  return (
    <section className="card" aria-label="By hand">
      <h2>By hand</h2>
      <dl className="facts">
        {(job.actions ?? []).map(({ at, action, actor, reason }) => (
          <Fact key={`${at} ${action}`} name={action}>
            {actor ?? 'somebody'}
            {reason === undefined ? '' : `: ${reason}`} <span className="soft">· </span>
            <Ago at={at} />
          </Fact>
        ))}
      </dl>
    </section>
  );
}

/** For admins: everything that anybody did with it through this server, refusals included. */
function Trail({ job }: { readonly job: JobSnapshot }) {
  const { data } = useAudit(job.id);
  const entries = data?.entries ?? [];
  if (entries.length === 0) return null;
  return (
    <section className="card" aria-label="Audit trail">
      <h2>Audit trail</h2>
      <dl className="facts">
        {entries.map(({ at, act, actor, outcome, from, requestId }) => (
          <Fact key={requestId} name={act}>
            {actor}
            {outcome === 'done' ? '' : ` (${outcome})`} <span className="soft">from {from} · </span>
            <Ago at={at} />
          </Fact>
        ))}
      </dl>
    </section>
  );
}
