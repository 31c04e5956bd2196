/** The part `jobs`: the same no-op job through Holdfast, raw Temporal and BullMQ, in interleaved rounds. */
import { randomUUID } from 'node:crypto';
import type { BenchOptions } from '../arguments.ts';
import { type ContenderName, CONTENDERS, TITLES } from '../contender.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { bundleRawWorkflow } from '../raw-bundle.ts';
import { inTurns, runRounds } from '../rounds.ts';
import { rawWorkflow } from './raw-temporal.ts';
import { jobsSection, ROUNDS_OF_A_REPORT } from './report.ts';
import { ADDERS, type Run, runOnce } from './run.ts';

const WARM_UP = { temporal: 60, bullmq: 2000 };
const BULLMQ_JOBS = { full: 20_000, quick: 2000 };
const SINGLE_JOBS = 40;

export const jobsPart: Part = {
  contenders: CONTENDERS,
  async run(bench) {
    const { options, endsBy, say } = bench;
    const jobs = jobsOf(options);
    await bundleRawWorkflow(rawWorkflow);
    const names = runnable(jobsPart, bench);
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      round: (index) => inTurns(names, index, (name) => runNamed(name, { bench, jobs: jobs[name], round: index + 1 })),
    });
    if (rounds.length < options.rounds) say(`Time is up after ${rounds.length} of ${options.rounds} rounds.`);
    const coverage = { part: jobsPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: jobsSection(rounds, jobs), doubt: doubtAbout(coverage) };
  },
};

function jobsOf({ jobs, quick }: BenchOptions): Readonly<Record<ContenderName, number>> {
  return { holdfast: jobs, raw: jobs, bullmq: Math.max(jobs, quick ? BULLMQ_JOBS.quick : BULLMQ_JOBS.full) };
}

interface NamedRun {
  readonly bench: Bench;
  readonly jobs: number;
  readonly round: number;
}

/** Runs one contender once and says how it went. */
async function runNamed(name: ContenderName, { bench, jobs, round }: NamedRun): Promise<Run> {
  const { servers, options, say } = bench;
  const server = name === 'bullmq' ? servers.redis : servers.temporal;
  if (server === undefined) throw new Error(`There is no server for ${TITLES[name]}.`);
  const startedAt = Date.now();
  const run = await runOnce({
    name,
    place: { port: server.port, queue: `bench-${randomUUID()}` },
    serverPid: server.pid,
    warmUp: name === 'bullmq' ? WARM_UP.bullmq : WARM_UP.temporal,
    single: SINGLE_JOBS,
    jobs,
    adders: ADDERS,
  });
  const { server: ofServer, worker, client } = run.cpuMsPerJob;
  const cpu = `${ofServer.toFixed(2)} + ${worker.toFixed(2)} + ${client.toFixed(2)} CPU-ms a job`;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  say(
    `round ${round} of ${options.rounds}  ${TITLES[name].padEnd(13)} ${cpu}, ${run.completedPerSecond.toFixed(0)} jobs/s  (${seconds} s)`,
  );
  return run;
}
