/** Owns the list of batches: how far each is, and how many of its items failed. */
import { Link } from 'wouter';
import type { JobSummary } from '../../../src/contract/snapshot.ts';
import { useJobs, useLiveJob, useRefresh } from '../data/queries.ts';
import { numberText, shortId } from '../format.ts';
import { BatchBar } from '../parts/batch-bar.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { StatusBadge } from '../statuses.tsx';
import { Button } from '@mantine/core';

export function Batches() {
  useTitle('Batches');
  useRefresh(['jobs']);
  const query = useJobs({ batch: 'true' });
  return (
    <div className="page">
      <div className="head">
        <h1>Batches</h1>
        <span className="soft">one job each, with up to a million items</span>
      </div>
      <Loaded query={query} what="the batches" height={300}>
        {({ pages }) => <Table batches={pages.flatMap(({ jobs }) => jobs as readonly JobSummary[])} />}
      </Loaded>
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Older batches
          </Button>
        </div>
      )}
    </div>
  );
}

function Table({ batches }: { readonly batches: readonly JobSummary[] }) {
  if (batches.length === 0)
    return (
      <Empty>
        <span>No batch was added. A program adds one, or the command line:</span>
        <code>npx holdfast batch add &lt;type&gt; inputs.ndjson</code>
      </Empty>
    );
  return (
    <section className="card flush scroll" aria-label="Batches" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>batch</th>
            <th>type</th>
            <th>status</th>
            <th style={{ minWidth: 160 }}>items</th>
            <th className="right">failed</th>
            <th className="right">of</th>
            <th>added</th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <Row key={batch.id} listed={batch} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ listed }: { readonly listed: JobSummary }) {
  const live = useLiveJob(listed.id);
  const { id, type, status, addedAt, batch } = live?.batch === undefined ? listed : live;
  if (batch === undefined) return null;
  return (
    <tr>
      <td>
        <Link to={`/jobs/${encodeURIComponent(id)}`}>{batch.name ?? shortId(id)}</Link>
      </td>
      <td>{type}</td>
      <td>
        <StatusBadge status={status} />
      </td>
      <td>
        <BatchBar batch={batch} />
      </td>
      <td className="right">{numberText(batch.failed)}</td>
      <td className="right">{numberText(batch.items)}</td>
      <td>
        <Ago at={addedAt} />
      </td>
    </tr>
  );
}
