/** The part `groups`: a job that does nothing and shares its workflow, beside raw Temporal and BullMQ, with few and many who add at once. */
import { randomUUID } from 'node:crypto';
import { type ContenderName, CONTENDERS, TITLES } from '../contender.ts';
import { type Run, runOnce } from '../jobs/run.ts';
import { rawWorkflow } from '../jobs/raw-temporal.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { bundleRawWorkflow } from '../raw-bundle.ts';
import { inTurns, type Round, runRounds } from '../rounds.ts';
import { ADDERS, type GroupsRound, groupsSection, ROUNDS_OF_A_REPORT } from './report.ts';

type Adders = (typeof ADDERS)[number];

const JOBS: Readonly<Record<Adders, Readonly<Record<ContenderName, number>>>> = {
  1: { holdfast: 100, raw: 100, bullmq: 2000 },
  50: { holdfast: 10_000, raw: 400, bullmq: 20_000 },
  500: { holdfast: 40_000, raw: 600, bullmq: 40_000 },
};
const QUICK_PART = 20;
const WARM_UP: Readonly<Record<ContenderName, number>> = { holdfast: 500, raw: 60, bullmq: 2000 };
const SINGLE_JOBS = 40;

export const groupsPart: Part = {
  contenders: CONTENDERS,
  async run(bench) {
    const { options, endsBy } = bench;
    await bundleRawWorkflow(rawWorkflow);
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      round: async (index): Promise<GroupsRound> => {
        const byAdders = new Map<number, Round<Run>>();
        for (const adders of ADDERS)
          byAdders.set(adders, await inTurns(runnable(groupsPart, bench), index, (name) => runNamed(name, { bench, adders })));
        return { byAdders, plain: await runNamed('holdfast', { bench, adders: 1, isPlain: true }) };
      },
    });
    const coverage = { part: groupsPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: groupsSection(rounds), doubt: doubtAbout(coverage) };
  },
};

interface NamedRun {
  readonly bench: Bench;
  readonly adders: Adders;
  /** Each job of Holdfast has a workflow of its own. */
  readonly isPlain?: boolean;
}

async function runNamed(name: ContenderName, { bench, adders, isPlain = false }: NamedRun): Promise<Run> {
  const { servers, options, say } = bench;
  const server = name === 'bullmq' ? servers.redis : servers.temporal;
  if (server === undefined) throw new Error(`There is no server for ${TITLES[name]}.`);
  const isGrouped = name === 'holdfast' && !isPlain;
  const run = await runOnce({
    name,
    place: { port: server.port, queue: `bench-${randomUUID()}`, ...(isGrouped ? { isGrouped } : {}) },
    serverPid: server.pid,
    warmUp: adders === 1 ? 20 : WARM_UP[name],
    single: SINGLE_JOBS,
    jobs: options.quick ? Math.ceil(JOBS[adders][name] / QUICK_PART) : JOBS[adders][name],
    adders,
    readsBack: isGrouped,
  });
  say(
    `${String(adders).padStart(3)} adders  ${(isPlain ? 'Holdfast, plain' : TITLES[name]).padEnd(15)} ${run.completedPerSecond.toFixed(0)} jobs/s, start p50 ${run.loadP50.toFixed(0)} ms${run.right === undefined ? '' : `, read back ${run.right}`}`,
  );
  return run;
}
