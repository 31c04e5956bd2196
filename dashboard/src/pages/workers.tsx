/** Owns the page of workers: who serves what, and when each was heard of last. */
import { Link } from 'wouter';
import type { JobStatistics, WorkerReport } from '../../../src/contract/statistics/report.ts';
import { useRefresh, useStats } from '../data/queries.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';

const LOOKS = { running: ['completed', 'Running'], 'shutting-down': ['retrying', 'Shutting down'], silent: ['failed', 'Silent'] } as const;

export function Workers() {
  useRefresh(['stats']);
  useTitle('Workers');
  const stats = useStats();
  return (
    <div className="page">
      <h1>Workers</h1>
      <Loaded query={stats} what="the workers" height={300}>
        {(data) => <List workers={data.workers} />}
      </Loaded>
    </div>
  );
}

function List({ workers }: { readonly workers: JobStatistics['workers'] }) {
  if (workers === 'unknown' || workers.length === 0)
    return (
      <Empty>
        {workers === 'unknown' ? (
          'This Temporal server does not list workers: 1.30 and later do.'
        ) : (
          <>
            <strong>No worker runs.</strong>
            <code>npx holdfast worker --jobs &lt;module&gt;</code>
          </>
        )}
      </Empty>
    );
  const versions = [...new Set(workers.filter(({ status }) => status === 'running').map(({ version }) => version ?? 'unknown'))];
  return (
    <>
      {versions.length > 1 && (
        <p>
          {versions.length} versions of Holdfast run at once: {versions.join(', ')}.
        </p>
      )}
      <section className="card flush scroll" aria-label="Workers" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>worker</th>
              <th>state</th>
              <th>queues and places used</th>
              <th>version</th>
              <th>started</th>
              <th>last seen</th>
            </tr>
          </thead>
          <tbody>
            {workers.map((worker) => (
              <Row key={worker.identity} worker={worker} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Row({ worker: { identity, host, status, queues, version, startedAt, lastSeenAt } }: { readonly worker: WorkerReport }) {
  const [look, word] = LOOKS[status];
  return (
    <tr>
      <td>
        <div className="strong">{identity}</div>
        <div className="soft small">{host}</div>
      </td>
      <td>
        <span className={`badge ${look}`}>{word}</span>
      </td>
      <td>
        {queues.map(({ queue, busy, free }) => (
          <div key={queue}>
            <Link to={`/queues/${encodeURIComponent(queue)}`}>{queue}</Link> <span className="soft">{`${busy}/${busy + free}`}</span>
          </div>
        ))}
      </td>
      <td>{version ?? '–'}</td>
      <td>
        <Ago at={startedAt} />
      </td>
      <td>
        <Ago at={lastSeenAt} />
      </td>
    </tr>
  );
}
