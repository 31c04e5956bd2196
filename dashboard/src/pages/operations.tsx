/** Owns the page of operations: acts on many jobs, how far they are, who began them. */
import { Button } from '@mantine/core';
import type { RouteAnswer } from '../../../src/api/routes.ts';
import { api } from '../data/api.ts';
import { errorText, useAct, useCanAct, useOperations } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { ProgressBar } from '../parts/doing.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { say } from '../parts/toasts.tsx';
import { useTitle } from '../parts/title.ts';

type Operation = RouteAnswer<'getOperation'>;

const LOOKS = { running: 'processing', aborting: 'cancelling', aborted: 'cancelled', completed: 'completed', failed: 'failed' } as const;

export function Operations() {
  useTitle('Operations');
  const query = useOperations();
  return (
    <div className="page">
      <h1>Operations</h1>
      <Loaded query={query} what="the operations" height={200}>
        {({ operations }) =>
          operations.length === 0 ? (
            <Empty>What is done with many jobs at once is shown here: select some in the list of jobs.</Empty>
          ) : (
            <>
              {operations.map((operation) => (
                <One key={operation.id} operation={operation} />
              ))}
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function One({ operation }: { readonly operation: Operation }) {
  const { id, act, filter, status, matching, done, succeeded, skipped, failed, actor, reason, startedAt, error } = operation;
  const canAct = useCanAct();
  const abort = useAct('abortOperation', ['operations']);
  const percent = matching === 0 ? 100 : Math.min(100, (done / matching) * 100);
  return (
    <section className="card" aria-label={`${act} of ${matching} jobs`}>
      <div className="head">
        <span className={`badge ${LOOKS[status]}`}>{status}</span>
        <h2>
          {act} {numberText(matching)} jobs
        </h2>
        <span className="soft">{Object.values(filter).flat().join(', ') || 'all'}</span>
        <div className="push">
          {status === 'running' && canAct && (
            <Button
              variant="default"
              onClick={() => abort.mutate({ params: { id } }, { onError: (problem) => say(errorText(problem), true) })}
            >
              Stop after this
            </Button>
          )}
          {done > 0 && <a href={api.url('getOperationResults', { params: { id } })}>Results</a>}
        </div>
      </div>
      <div className="doing" style={{ marginTop: 8 }}>
        <ProgressBar percent={percent} name={`Progress of ${act}`} />
        <span>
          {numberText(succeeded)} done · {numberText(skipped)} skipped · {numberText(failed)} failed
        </span>
      </div>
      <p className="soft">
        by {actor}
        {reason === undefined ? '' : `: ${reason}`} · <Ago at={startedAt} />
        {error === undefined ? '' : ` · ${error.message}`}
      </p>
    </section>
  );
}
