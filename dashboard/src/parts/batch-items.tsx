/** Owns the items of a batch on its page: which of them failed and why, and each with what went in and out. Loaded with the first batch. */
import { Button, NumberInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BatchItem, ItemStatus } from '../../../src/contract/batch-items.ts';
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';
import { patternOf } from '../../../src/contract/statistics/error-groups.ts';
import { api, serverUrl } from '../data/api.ts';
import { numberText } from '../format.ts';
import { StatusBadge, statusWord } from '../statuses.tsx';
import { JsonView } from './json-view.tsx';
import { Loaded } from './states.tsx';
import { Ago } from './time.tsx';

const PAGE = 50;
/** Failed items that are looked at for the kinds of errors. */
const LOOKED_AT = 500;
const REFRESH_MS = 2000;
const CHOICES: readonly (ItemStatus | undefined)[] = [undefined, 'failed', 'processing', 'retrying', 'queued', 'completed', 'cancelled'];

function useItems(job: JobSnapshot, asked: { readonly status?: ItemStatus | undefined; readonly from: number; readonly limit: number }) {
  const { status, from, limit } = asked;
  return useQuery({
    queryKey: ['items', job.id, job.run, status, from, limit],
    refetchInterval: isTerminal(job.status) ? false : REFRESH_MS,
    refetchOnMount: 'always',
    queryFn: async () =>
      await api.call('listItems', {
        params: { id: job.id },
        query: { from: String(from), limit: String(limit), ...(status === undefined ? {} : { status }) },
      }),
  });
}

export function BatchItems({ job }: { readonly job: JobSnapshot }) {
  const failed = job.batch?.failed ?? 0;
  const [status, setStatus] = useState<ItemStatus | undefined>(failed > 0 ? 'failed' : undefined);
  const [from, setFrom] = useState(0);
  const [wanted, setWanted] = useState<number | string>('');
  const items = useItems(job, { status, from, limit: PAGE });
  const choose = (next: ItemStatus | undefined): void => {
    setStatus(next);
    setFrom(0);
  };
  return (
    <>
      {failed > 0 && <Kinds job={job} />}
      <section className="card flush" aria-label="Items">
        <div className="head" style={{ padding: '12px 16px' }}>
          <h2>Items</h2>
          <div className="chips" role="group" aria-label="Status of the items">
            {CHOICES.map((one) => (
              <button key={one ?? 'all'} type="button" className="chip" aria-pressed={status === one} onClick={() => choose(one)}>
                {one === undefined ? 'All' : statusWord(one)}
              </button>
            ))}
          </div>
          <form
            className="push"
            onSubmit={(event) => {
              event.preventDefault();
              setFrom(Number(wanted) || 0);
            }}
          >
            <NumberInput
              aria-label="First item"
              placeholder="From item"
              value={wanted}
              onChange={setWanted}
              min={0}
              allowDecimal={false}
              hideControls
              w={110}
            />
            <Button variant="default" type="submit">
              Go
            </Button>
            <Button variant="default" component="a" href={`${serverUrl}/v1/jobs/${encodeURIComponent(job.id)}/results`} download>
              Results
            </Button>
          </form>
        </div>
        <Loaded query={items} what="the items" height={300}>
          {({ items: rows, next }) => (
            <>
              {rows.length === 0 ? (
                <div className="empty">No item {status === undefined ? 'is there' : `is ${status}`}.</div>
              ) : (
                rows.map((item) => <Item key={item.index} item={item as BatchItem} />)
              )}
              {(from > 0 || next !== undefined) && (
                <div className="head" style={{ padding: 12, justifyContent: 'flex-end' }}>
                  <Button variant="default" disabled={from === 0} onClick={() => setFrom(0)}>
                    First
                  </Button>
                  <Button variant="default" disabled={next === undefined} onClick={() => setFrom(next ?? 0)}>
                    Next
                  </Button>
                </div>
              )}
            </>
          )}
        </Loaded>
      </section>
    </>
  );
}

/** What the failed items failed with, the most frequent first. */
function Kinds({ job }: { readonly job: JobSnapshot }) {
  const failed = useItems(job, { status: 'failed', from: 0, limit: LOOKED_AT });
  const kinds = new Map<string, { readonly code: string; readonly pattern: string; count: number }>();
  for (const { error } of failed.data?.items ?? []) {
    if (error === undefined) continue;
    const pattern = patternOf(error.message);
    const kind = kinds.get(`${error.code} ${pattern}`) ?? { code: error.code, pattern, count: 0 };
    kind.count += 1;
    kinds.set(`${error.code} ${pattern}`, kind);
  }
  const rows = [...kinds.values()].toSorted((one, other) => other.count - one.count).slice(0, 10);
  if (rows.length === 0) return null;
  return (
    <section className="card flush" aria-label="Why items failed">
      <h2>Why items failed{failed.data?.next === undefined ? '' : ` (of the first ${LOOKED_AT})`}</h2>
      {rows.map(({ code, pattern, count }) => (
        <div key={`${code} ${pattern}`} className="kind">
          <strong className="right">{numberText(count)}</strong>
          <span className="cut" title={pattern}>
            {pattern}
          </span>
          <code className="soft nowrap">{code}</code>
        </div>
      ))}
    </section>
  );
}

function Item({ item }: { readonly item: BatchItem }) {
  const [isOpen, setOpen] = useState(false);
  const { index, status, attempt, attempts, error, progress } = item;
  const what = error?.message ?? progress?.message ?? shortJson(status === 'completed' ? item.output : item.input);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)} className="item">
      <summary>
        <span className="mono right">{index}</span>
        <StatusBadge status={status} />
        <span className="cut">{what}</span>
        <span className="soft nowrap">
          {attempt > 1 && `attempt ${attempt} · `}
          {item.endedAt !== undefined && <Ago at={item.endedAt} />}
        </span>
      </summary>
      {isOpen && (
        <div className="page" style={{ padding: '0 16px 16px' }}>
          {attempts.map((one) => (
            <p key={`${one.attempt} ${one.endedAt ?? ''}`} className="small">
              Attempt {one.attempt} {one.outcome}: {one.error.message} <code className="soft">{one.error.code}</code>
            </p>
          ))}
          {'input' in item && <JsonView value={item.input} name={`Input of item ${index}`} />}
          {'output' in item && <JsonView value={item.output} name={`Output of item ${index}`} />}
        </div>
      )}
    </details>
  );
}

function shortJson(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 200);
}
