/** Owns the page of errors: those that mean the same are one row, the newest kind first. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { failuresOf, type TypeFailure } from '../../../src/contract/statistics/overview.ts';
import type { JobStatistics } from '../../../src/contract/statistics/report.ts';
import { api } from '../data/api.ts';
import { errorText, useCanAct, useRefresh, useStats } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { retryQuestion, useStartOperation } from '../parts/operation.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { say } from '../parts/toasts.tsx';
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
            <th>failed with it</th>
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
              <td>
                <GroupActs group={group} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** To the jobs that failed with it, and all of them again. */
function GroupActs({ group: { type, pattern } }: { readonly group: TypeFailure }) {
  const canAct = useCanAct();
  const [question, setQuestion] = useState<Question>();
  const start = useStartOperation();
  const filter = { status: 'failed', type, error: pattern } as const;
  const ask = async (): Promise<void> => {
    const { failed, isExact } = await api.call('countJobs', { query: { type, error: pattern } });
    if (failed === 0)
      return say('No job is failed with it now: later attempts of the others have not failed, or they were retried or deleted.');
    const number = `${isExact ? '' : 'at least '}${numberText(failed)}`;
    setQuestion({ ...retryQuestion(number, failed === 1), onGo: async (reason) => await start({ act: 'retry', filter }, reason) });
  };
  return (
    <div className="head" style={{ gap: 8, flexWrap: 'nowrap' }}>
      <Link to={`/jobs?${new URLSearchParams(filter).toString()}`}>Jobs</Link>
      {canAct && (
        <Button variant="default" onClick={() => void ask().catch((error: unknown) => say(errorText(error), true))}>
          Retry…
        </Button>
      )}
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </div>
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
