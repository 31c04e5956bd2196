/** The part `analysis`: what the job `analyse-repositories` takes beside git alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doubtAbout, type Part } from '../part.ts';
import { runRounds } from '../rounds.ts';
import { analysisSection, ROUNDS_OF_A_REPORT } from './report.ts';
import { makeRepository } from './repository.ts';
import { type Cost, runRound } from './run.ts';

export const analysisPart: Part = {
  contenders: ['holdfast'],
  async run(bench) {
    const { options, servers, endsBy, say } = bench;
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-analysis-'));
    try {
      const repository = await makeRepository(join(folder, 'repository.git'), options.commits);
      const { port } = servers.temporal;
      const rounds = await runRounds({
        rounds: options.rounds,
        endsBy,
        round: async (index) => {
          const round = await runRound({ port, folder, repository, gitFirst: index % 2 === 0 });
          say(`git ${shown(round.git)}, first analysis ${shown(round.first)}, second ${shown(round.second)}`);
          return round;
        },
      });
      const coverage = { part: analysisPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
      return { section: analysisSection(rounds, options.commits), doubt: doubtAbout(coverage) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function shown({ seconds, cpuSeconds }: Cost): string {
  return `${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s)`;
}
