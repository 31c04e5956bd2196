/** Owns the section of this part: what an analysis takes beside `git log --numstat` alone. */
import { digits, showSpread } from '../figures.ts';
import { alignedTable } from '../markdown-table.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { NEW_COMMITS } from './repository.ts';
import type { AnalysisRound, Cost } from './run.ts';

export const ROUNDS_OF_A_REPORT = 3;
/** What the project aims at. */
const AIM = 1.3;

export function analysisSection(rounds: readonly AnalysisRound[], commits: number): Section {
  const ratio = spread(rounds.map(({ first, git }) => first.seconds / git.seconds));
  const second = spread(rounds.map((round) => round.second.seconds / round.first.seconds));
  return {
    title: 'The job `analyse-repositories`',
    method: `A made repository of ${commits} commits and 3000 files. Figures are medians of ${rounds.length} rounds, with the least and the greatest beside them; a ratio is taken within each round.`,
    verdicts: [
      `An analysis takes ${showSpread(ratio)} times as long as \`git log --numstat\` alone. The aim is ${AIM}: ${ratio.median <= AIM ? 'reached' : 'NOT REACHED'}.`,
      `The second one, ${NEW_COMMITS} commits later, takes ${showSpread(second)} times as long as the first.`,
    ],
    tables: [
      {
        title: 'Time and CPU time of one repository, in seconds',
        text: alignedTable(
          ['', '`git log --numstat`', 'first analysis', 'second analysis', 'first ÷ git', 'second ÷ first'],
          [row('from add to result', rounds, ({ seconds }) => seconds), row('CPU time', rounds, ({ cpuSeconds }) => cpuSeconds)],
        ),
      },
    ],
    howToRead: [
      '`git log --numstat --no-renames` reads what an analysis cannot do without: it is the physical floor. The analysis lists and reads all files besides, and is a job: its time goes from `add` to the result.',
      'Each round has a worker process of its own, which has analysed another, tiny repository before: it is warm, and knows nothing of this one.',
      'CPU time is that of the worker and of the git that it runs, without the Temporal server. The clock says less than the CPU where there are two cores: git writes while the analysis reads.',
      `The worker has ${digits(spread(rounds.map(({ workerMiB }) => workerMiB)).median)} MiB of memory afterwards.`,
    ],
    notMeasured: ['Clones over a network, several repositories at once, repositories with large files.'],
  };
}

function row(title: string, rounds: readonly AnalysisRound[], of: (cost: Cost) => number): string[] {
  const figures = (value: (round: AnalysisRound) => number): string => showSpread(spread(rounds.map(value)));
  return [
    title,
    figures(({ git }) => of(git)),
    figures(({ first }) => of(first)),
    figures(({ second }) => of(second)),
    figures(({ first, git }) => of(first) / of(git)),
    figures(({ first, second }) => of(second) / of(first)),
  ];
}
