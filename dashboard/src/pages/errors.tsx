/** Owns the page of errors: those that mean the same are one row, the newest kind first. */
import { Link } from 'wouter';
import { failuresOf, type TypeFailure } from '../../../src/contract/statistics/overview.ts';
import type { JobStatistics } from '../../../src/contract/statistics/report.ts';
import { useRefresh, useStats } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { Trend } from '../parts/trend.tsx';
import { useTitle } from '../parts/title.ts';

const NEW_MS = 3_600_000;

export function Errors() {
  useRefresh(['stats']);
  useTitle('Errors');
  const stats = useStats();
  return (
    <div className="page">
      <div className="head">
        <h1>Errors</h1>
        <span className="soft">of attempts, since their workers have counted; those that mean the same are together</span>
      </div>
      <Loaded query={stats} what="the errors" height={300}>
        {(data) => <Groups groups={groupsIn(data)} />}
      </Loaded>
    </div>
  );
}

function isNew({ firstAt }: TypeFailure): boolean {
  return Date.now() - Date.parse(firstAt) < NEW_MS;
}

/** New kinds first; within both the most frequent first. */
function groupsIn({ types }: JobStatistics): readonly TypeFailure[] {
  return failuresOf(types).toSorted((one, other) => Number(isNew(other)) - Number(isNew(one)));
}

function Groups({ groups }: { readonly groups: readonly TypeFailure[] }) {
  if (groups.length === 0) return <Empty>No attempt has failed.</Empty>;
  return (
    <section className="card flush scroll" aria-label="Errors" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>error</th>
            <th className="right">attempts</th>
            <th>last 24 hours</th>
            <th>type</th>
            <th>last</th>
            <th>newest job</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={`${group.type} ${group.code} ${group.pattern}`}>
              <td>
                <div className="strong" style={{ overflowWrap: 'anywhere' }}>
                  <Pattern text={group.pattern} />
                </div>
                <div className="soft small">
                  {group.code} {isNew(group) && <span className="badge failed">New</span>}
                </div>
              </td>
              <td className="right">{numberText(group.count)}</td>
              <td style={{ minWidth: 120 }}>
                <Trend perHour={group.perHour} />
              </td>
              <td>
                <Link to={`/jobs?status=failed&type=${encodeURIComponent(group.type)}`}>{group.type}</Link>
              </td>
              <td>
                <Ago at={group.lastAt} />
              </td>
              <td>
                <Link to={`/jobs/${encodeURIComponent(group.example.jobId)}`}>Show</Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What differs from job to job is pale. */
function Pattern({ text }: { readonly text: string }) {
  return text.split(/(<[^>]{1,20}>)/).map((part, index) => (
    <span key={index} className={part.startsWith('<') ? 'soft' : ''}>
      {part}
    </span>
  ));
}
