/** The part `recovery`: from a worker's kill -9 to the next attempt of its job. */
import { CONTENDERS } from '../contender.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { bundleRawWorkflow } from '../raw-bundle.ts';
import { runRounds } from '../rounds.ts';
import { rawWaitingWorkflow } from '../waiting/raw-temporal.ts';
import { type Entrant, entrantsOf } from './contest.ts';
import { type Kill, recoverySection, ROUNDS_OF_A_REPORT } from './report.ts';
import { recoverOnce } from './run.ts';

/** When the first kill comes, and how much later each further one: the heartbeats are met at another moment each time. */
const FIRST_KILL_MS = 4000;
const LATER_MS = 5200;

export const recoveryPart: Part = {
  contenders: CONTENDERS,
  async run(bench) {
    const { options, endsBy } = bench;
    await bundleRawWorkflow(rawWaitingWorkflow);
    const names = runnable(recoveryPart, bench);
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      // Side by side: all of them only wait, and the slowest takes a minute.
      round: (index) => Promise.all(entrantsOf(names, index).map((entrant) => killOnce(entrant, index, bench))),
    });
    const coverage = { part: recoveryPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: recoverySection(rounds.flat()), doubt: doubtAbout(coverage) };
  },
};

async function killOnce({ title, variant }: Entrant, index: number, { servers, say }: Bench): Promise<Kill> {
  const server = variant.contender === 'bullmq' ? servers.redis : servers.temporal;
  if (server === undefined) throw new Error(`There is no server for ${title}.`);
  const seconds = await recoverOnce({ port: server.port, variant, killAfterMs: FIRST_KILL_MS + index * LATER_MS });
  say(`kill ${index + 1}  ${title}: ${seconds.toFixed(1)} s`);
  return { title, seconds };
}
