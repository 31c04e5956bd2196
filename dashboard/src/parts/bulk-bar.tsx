/** Owns what can be done with many jobs at once: those that were selected, or all that match, as an operation of the server. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { JobStatus } from '../../../src/contract/snapshot.ts';
import { api } from '../data/api.ts';
import { type ListFilter, queryClient } from '../data/queries.ts';
import { numberText } from '../format.ts';
import { Confirm, type Question } from './confirm.tsx';
import { type Act, retryQuestion, useStartOperation, VERBS } from './operation.tsx';
import { say } from './toasts.tsx';

const FITS: Readonly<Record<Act, readonly JobStatus[]>> = {
  retry: ['failed', 'cancelled'],
  cancel: ['delayed', 'queued', 'processing', 'retrying'],
  delete: ['completed', 'failed', 'cancelled'],
};
/** From so many on the number has to be typed before they are deleted. */
const TYPED_FROM = 1000;
const AT_ONCE = 5;

export interface BulkProps {
  readonly selected: ReadonlySet<string>;
  readonly filter: ListFilter;
  /** How many match, where it is known. */
  readonly matching: number | undefined;
  readonly clear: () => void;
}

export function BulkBar({ selected, filter, matching, clear }: BulkProps) {
  const [question, setQuestion] = useState<Question>();
  const [isAll, setAll] = useState(false);
  const start = useStartOperation();
  const status = filter.status;
  const count = isAll ? (matching ?? 0) : selected.size;
  const fitting = (Object.keys(FITS) as Act[]).filter((act) => (status === undefined ? !isAll : FITS[act].includes(status)));
  const ask = (act: Act): void =>
    setQuestion({
      ...questionOf(act, count, isAll ? filter : undefined),
      onGo: async (reason) => (isAll ? await runAll(act, reason) : await runSome(act, reason)),
    });
  const runAll = async (act: Act, reason: string | undefined): Promise<void> => {
    const { tag, ...rest } = filter;
    if (await start({ act, filter: { ...rest, ...(tag === undefined ? {} : { tags: [tag].flat() }) } }, reason)) clear();
  };
  const runSome = async (act: Act, reason: string | undefined): Promise<void> => {
    const { done, failed } = await actOnEach(act, [...selected], reason);
    say(
      `${VERBS[act]}: ${numberText(done)} done${failed === 0 ? '' : `, ${numberText(failed)} could not be (they were in another status)`}.`,
      failed > 0,
    );
    clear();
  };
  if (selected.size === 0) return null;
  return (
    <div className="bulk" role="region" aria-label="Selected jobs">
      <strong>{numberText(count)} selected</strong>
      {!isAll && status !== undefined && matching !== undefined && matching > selected.size && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          Select all {numberText(matching)} that match
        </Button>
      )}
      {fitting.map((act) => (
        <Button key={act} variant="default" onClick={() => ask(act)}>
          {VERBS[act]} {numberText(count)}
          {act === 'retry' ? '' : '…'}
        </Button>
      ))}
      <Button variant="subtle" onClick={clear}>
        Clear selection (Esc)
      </Button>
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </div>
  );
}

/** @param all the filter, when all that match are meant */
function questionOf(act: Act, count: number, all: ListFilter | undefined): Omit<Question, 'onGo'> {
  const jobs = `${numberText(count)} ${count === 1 ? 'job' : 'jobs'}`;
  const which =
    all !== undefined ? `All that match ${Object.values(all).flat().join(', ')} when it begins; later ones are not included. ` : '';
  if (act === 'retry') return retryQuestion(numberText(count), count === 1, which);
  if (act === 'cancel')
    return {
      title: `Cancel ${jobs}?`,
      body: <p>{which}Handlers that run are told to stop and their clean-up runs; what they have written stays. This cannot be undone.</p>,
      keep: 'Keep them',
      go: `Cancel ${jobs}`,
      isLoss: true,
      hasReason: true,
    };
  return {
    title: `Delete ${jobs}?`,
    body: <p>{which}Input, output and history go for good. Running jobs are not touched.</p>,
    keep: 'Keep them',
    go: `Delete ${jobs}`,
    isLoss: true,
    ...(count >= TYPED_FROM ? { typed: String(count) } : {}),
  };
}

async function actOnEach(act: Act, ids: readonly string[], reason: string | undefined): Promise<{ done: number; failed: number }> {
  const body = reason === undefined ? {} : { reason };
  const one = async (id: string): Promise<unknown> =>
    act === 'retry'
      ? await api.call('retryJob', { params: { id }, body })
      : act === 'cancel'
        ? await api.call('cancelJob', { params: { id }, body })
        : await api.call('deleteJob', { params: { id } });
  const left = [...ids];
  const outcomes: boolean[] = [];
  const worker = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift())
      outcomes.push(
        await one(id).then(
          () => true,
          () => false,
        ),
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const name of ['jobs', 'counts', 'stats']) await queryClient.invalidateQueries({ queryKey: [name] });
  return { done: outcomes.filter(Boolean).length, failed: outcomes.filter((isDone) => !isDone).length };
}
