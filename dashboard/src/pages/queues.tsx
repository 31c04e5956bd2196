/** Owns the pages of queues: who serves them, what waits, whether they keep up. */
import { Link } from 'wouter';
import { workersServing } from '../../../src/contract/statistics/overview.ts';
import type { JobStatistics, QueueReport, WorkerReport } from '../../../src/contract/statistics/report.ts';
import { useRefresh, useStats } from '../data/queries.ts';
import { durationText, numberText } from '../format.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { Throughput } from '../parts/throughput.tsx';
import { useTitle } from '../parts/title.ts';
import { TypeTable } from '../parts/type-table.tsx';

export function Queues() {
  useRefresh(['stats']);
  useTitle('Queues');
  const stats = useStats();
  return (
    <div className="page">
      <h1>Queues</h1>
      <Loaded query={stats} what="the queues" height={300}>
        {(data) => <QueueTable statistics={data} />}
      </Loaded>
    </div>
  );
}

function QueueTable({ statistics }: { readonly statistics: JobStatistics }) {
  if (statistics.queues.length === 0)
    return <Empty>No queue is known yet. One is there when a job waits in it or a worker serves it.</Empty>;
  return (
    <section className="card flush scroll" aria-label="Queues" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>queue</th>
            <th>state</th>
            <th className="right">waiting</th>
            <th className="right">oldest</th>
            <th className="right">places used</th>
          </tr>
        </thead>
        <tbody>
          {statistics.queues.map((queue) => (
            <QueueRow key={queue.queue} queue={queue} workers={workersServing(queue.queue, statistics)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function QueueRow({
  queue: { queue, waiting, oldestWaitingMs },
  workers,
}: {
  readonly queue: QueueReport;
  readonly workers: readonly WorkerReport[] | 'unknown';
}) {
  return (
    <tr>
      <td className="strong">
        <Link to={`/queues/${encodeURIComponent(queue)}`}>{queue}</Link>
      </td>
      <td>
        <QueueState waiting={waiting.value ?? 0} workers={workers} />
      </td>
      <td className="right">{numberText(waiting.value)}</td>
      <td className="right">{durationText(oldestWaitingMs.value)}</td>
      <td className="right">{placesOf(queue, workers)}</td>
    </tr>
  );
}

function placesOf(queue: string, workers: readonly WorkerReport[] | 'unknown'): string {
  if (workers === 'unknown') return 'unknown';
  const places = workers.flatMap(({ queues }) => queues.filter((one) => one.queue === queue));
  return `${numberText(places.reduce((sum, { busy }) => sum + busy, 0))} of ${numberText(places.reduce((sum, { busy, free }) => sum + busy + free, 0))}`;
}

function QueueState({ waiting, workers }: { readonly waiting: number; readonly workers: readonly WorkerReport[] | 'unknown' }) {
  if (workers === 'unknown') return <span className="soft">this server does not list workers</span>;
  if (workers.length > 0) return <span className="badge completed">{workers.length === 1 ? '1 worker' : `${workers.length} workers`}</span>;
  return waiting > 0 ? <span className="badge failed">No worker</span> : <span className="badge cancelled">No worker, nothing waits</span>;
}

export function Queue({ name }: { readonly name: string }) {
  useRefresh(['stats']);
  useTitle(name);
  const stats = useStats({ queue: name });
  return (
    <div className="page">
      <div className="head">
        <Link to="/queues">‹ Queues</Link>
        <h1>{name}</h1>
        <div className="push">
          <Link to={`/jobs?queue=${encodeURIComponent(name)}`}>Its jobs</Link>
        </div>
      </div>
      <Loaded query={stats} what="the queue" height={300}>
        {(data) => <OneQueue name={name} statistics={data} />}
      </Loaded>
    </div>
  );
}

function OneQueue({ name, statistics }: { readonly name: string; readonly statistics: JobStatistics }) {
  const [queue] = statistics.queues;
  const workers = workersServing(name, statistics);
  const waiting = queue?.waiting.value ?? 0;
  const isUnserved = workers !== 'unknown' && workers.length === 0;
  return (
    <>
      <section className="card" aria-label="State">
        <div className="head">
          <QueueState waiting={waiting} workers={workers} />
          <p className="answer">
            {waiting === 0
              ? 'Nothing waits.'
              : `${numberText(waiting)} ${waiting === 1 ? 'job waits' : 'jobs wait'}, the oldest for ${durationText(queue?.oldestWaitingMs.value)}.`}
          </p>
        </div>
        {isUnserved && (
          <p style={{ marginTop: 8 }}>
            No worker serves it. Jobs are kept until one comes: <code>npx holdfast worker --jobs &lt;module&gt; --queue {name}</code>
          </p>
        )}
      </section>
      {workers !== 'unknown' && workers.length > 0 && (
        <section className="card flush" aria-label="Workers">
          <h2>Workers</h2>
          <table>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker.identity}>
                  <td>{worker.identity}</td>
                  <td className="soft">{worker.version ?? ''}</td>
                  <td className="right">{placesOf(name, [worker])} places</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {statistics.types.length > 0 && (
        <>
          <Throughput types={statistics.types} />
          <section className="card flush" aria-label="Job types">
            <h2>Job types</h2>
            <TypeTable types={statistics.types} />
          </section>
        </>
      )}
    </>
  );
}
