/** Owns the section of this part: adds over HTTP beside adds of a client in the process, and the memory of viewers. */
import { digits, showSpread } from '../figures.ts';
import { alignedTable } from '../markdown-table.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import type { AddRun, ViewerRun } from './run.ts';

/** For each load the runs of both ways: the client's, then the one over HTTP. */
export type AddRound = readonly (readonly AddRun[])[];

/** Adds under way at the same time. */
export const LOADS = [
  { adders: 20, title: '20 at a time' },
  { adders: Number.POSITIVE_INFINITY, title: 'all at once' },
] as const;

/** Fewer have no meaningful median. */
export const ROUNDS_OF_A_REPORT = 3;

const MEASURES: readonly { readonly title: string; readonly of: (run: AddRun) => number }[] = [
  { title: 'adds a second', of: ({ perSecond }) => perSecond },
  { title: 'p50 of an add, in ms', of: ({ p50 }) => p50 },
  { title: 'p99', of: ({ p99 }) => p99 },
  { title: 'accepted', of: ({ accepted }) => accepted },
  { title: 'refused (429, 503)', of: ({ refused }) => refused },
  { title: 'of those accepted, completed', of: ({ completed }) => completed },
];

export function apiSection(rounds: readonly AddRound[], viewers: ViewerRun, jobs: number): Section {
  const runs = rounds.flat(2);
  const lost = runs.reduce((sum, { accepted, completed }) => sum + Math.max(0, accepted - completed), 0);
  const perViewer = ((viewers.withThemMiB - viewers.beforeMiB) * 1024) / viewers.viewers;
  return {
    title: 'Adds over HTTP, and viewers',
    method: `Medians of ${rounds.length} rounds, with the least and the greatest beside them: ${jobs} jobs added through each way in turn, and all that were accepted waited for. Compare the ratios: each is taken within a round.`,
    verdicts: [
      lost === 0 ? 'Every job that was accepted completed.' : `${lost} jobs that were accepted did not complete.`,
      `${viewers.viewers} viewers of all events, while nothing happens: ${digits(perViewer)} KiB of memory each.`,
    ],
    tables: [
      ...LOADS.map(({ title }, load) => ({ title: `${jobs} jobs, ${title}`, text: loadTable(rounds.map((round) => round[load] ?? [])) })),
      {
        title: 'Memory of the server in MiB',
        text: alignedTable(
          ['before', `with ${viewers.viewers} viewers`, 'after they have gone'],
          [[digits(viewers.beforeMiB), digits(viewers.withThemMiB), digits(viewers.afterMiB)]],
        ),
      },
    ],
    howToRead: [
      'The client is `JobClient` in the process that adds; over HTTP it is `RemoteJobs` in the same process, and the server (`createApi`, keys on, default rate limit of 500 a second and 1 000 at once) is another one on the same machine.',
      'All processes, a worker and Temporal share the two cores, and the jobs are carried out while others are added: the rate is that of the whole.',
    ],
    notMeasured: ['A network between them.'],
  };
}

function loadTable(rounds: readonly (readonly AddRun[])[]): string {
  const rows = MEASURES.map(({ title, of }) => {
    const client = rounds.flatMap(([run]) => (run === undefined ? [] : [of(run)]));
    const http = rounds.flatMap(([, run]) => (run === undefined ? [] : [of(run)]));
    const ratios = http.map((value, index) => value / (client[index] ?? Number.NaN));
    return [title, showSpread(spread(client)), showSpread(spread(http)), showSpread(spread(ratios))];
  });
  return alignedTable(['', 'client in the process', 'over HTTP', 'HTTP ÷ client'], rows);
}
