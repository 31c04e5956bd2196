/** Owns the section of this part: how long the counts of jobs take. */
import { digits } from '../figures.ts';
import { alignedTable } from '../markdown-table.ts';
import type { Section } from '../section.ts';
import type { Question } from './run.ts';

export interface Jobs {
  readonly finished: number;
  readonly open: number;
}

/** @param questions the first is raw Temporal's */
export function statsSection(questions: readonly Question[], { finished, open }: Jobs): Section {
  const raw = questions[0]?.p50 ?? Number.NaN;
  const rows = questions.map(({ title, p50, p95 }) => [title, digits(p50), digits(p95), digits(p50 / raw)]);
  return {
    title: 'Counts beside many jobs',
    method: `Each question was asked 20 times, beside ${finished} finished and ${open} open jobs.`,
    verdicts: [],
    tables: [{ title: 'From the question to the answer, in ms', text: alignedTable(['', 'p50', 'p95', 'p50 ÷ raw Temporal'], rows) }],
    howToRead: [
      'The jobs stand in one queue of an embedded server. The finished ones were started and terminated, which the index cannot tell from jobs that ran; the open ones wait, since there is no worker.',
      'Raw Temporal is one `count` of the queue, grouped by the status that Temporal knows. `getStats` also tells waiting, active and delayed jobs apart.',
      'Askers of `stats` share an answer that is a second old or less, so it was asked for later than that each time.',
    ],
    notMeasured: [],
  };
}
