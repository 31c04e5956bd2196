/** The part `heartbeat`: what it costs that jobs run, whatever they do. */
import { randomUUID } from 'node:crypto';
import { type ContenderName, TITLES } from '../contender.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { bundleRawWorkflow } from '../raw-bundle.ts';
import { inTurns, runRounds } from '../rounds.ts';
import { rawWaitingWorkflow } from '../waiting/raw-temporal.ts';
import type { Variant } from '../waiting/variant.ts';
import { heartbeatSection, RAW_THROTTLE_MS, ROUNDS_OF_A_REPORT } from './report.ts';
import { heartbeatOnce, type HeartbeatRun } from './run.ts';

const WATCHED_SECONDS = { full: 30, quick: 5 };

const VARIANTS: Readonly<Record<'holdfast' | 'raw', Variant>> = {
  holdfast: { contender: 'holdfast' },
  raw: { contender: 'raw', heartbeatTimeoutMs: 5000, throttleMs: RAW_THROTTLE_MS },
};

export const heartbeatPart: Part = {
  contenders: ['holdfast', 'raw'],
  async run(bench) {
    const { options, endsBy } = bench;
    await bundleRawWorkflow(rawWaitingWorkflow);
    const names = runnable(heartbeatPart, bench);
    const seconds = options.quick ? WATCHED_SECONDS.quick : WATCHED_SECONDS.full;
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      round: (index) => inTurns(names, index, (name) => runNamed(name, seconds, bench)),
    });
    const coverage = { part: heartbeatPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: heartbeatSection(rounds, { jobs: options.jobs, seconds }), doubt: doubtAbout(coverage) };
  },
};

async function runNamed(name: ContenderName, seconds: number, { servers, options, say }: Bench): Promise<HeartbeatRun> {
  const variant = name === 'bullmq' ? undefined : VARIANTS[name];
  if (variant === undefined) throw new Error(`${TITLES[name]} sends no heartbeats.`);
  const { port, pid } = servers.temporal;
  const run = await heartbeatOnce({
    place: { port, queue: `bench-${randomUUID()}` },
    variant,
    serverPid: pid,
    jobs: options.jobs,
    seconds,
  });
  const { beatsPerSecond, serverMs, workerMs, corePercent } = run;
  const cpu = `${serverMs.toFixed(2)} + ${workerMs.toFixed(2)} CPU-ms a heartbeat`;
  say(`${TITLES[name].padEnd(13)} ${cpu}, ${beatsPerSecond.toFixed(2)} a second and job, ${corePercent.toFixed(0)} % of a core`);
  return run;
}
