/** The part `cancel`: from a cancel to the handler's signal, through Holdfast and by the Temporal SDK's defaults. */
import { randomUUID } from 'node:crypto';
import { type ContenderName, TITLES } from '../contender.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { bundleRawWorkflow } from '../raw-bundle.ts';
import { inTurns, runRounds } from '../rounds.ts';
import { rawWaitingWorkflow } from '../waiting/raw-temporal.ts';
import type { Variant } from '../waiting/variant.ts';
import { type CancelRound, cancelSection, RAW_HEARTBEAT_TIMEOUT_MS, ROUNDS_OF_A_REPORT } from './report.ts';
import { cancelOnce, type CancelRun } from './run.ts';

const VARIANTS: Readonly<Record<'holdfast' | 'raw', Variant>> = {
  holdfast: { contender: 'holdfast' },
  raw: { contender: 'raw', heartbeatTimeoutMs: RAW_HEARTBEAT_TIMEOUT_MS },
};

/** Holdfast's, sharing workflows. */
const SHARED: Variant = { contender: 'holdfast', group: true };

export const cancelPart: Part = {
  contenders: ['holdfast', 'raw'],
  async run(bench) {
    const { options, endsBy } = bench;
    await bundleRawWorkflow(rawWaitingWorkflow);
    const names = runnable(cancelPart, bench);
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      round: async (index): Promise<CancelRound> => ({
        byContender: await inTurns(names, index, (name) => runNamed(name, bench)),
        shared: await runVariant(SHARED, 'shared', bench),
      }),
    });
    const coverage = { part: cancelPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: cancelSection(rounds, options.jobs), doubt: doubtAbout(coverage) };
  },
};

async function runNamed(name: ContenderName, bench: Bench): Promise<CancelRun> {
  const variant = name === 'bullmq' ? undefined : VARIANTS[name];
  if (variant === undefined) throw new Error(`${TITLES[name]} cannot cancel a running job.`);
  return await runVariant(variant, TITLES[name], bench);
}

async function runVariant(variant: Variant, title: string, { servers, options, say }: Bench): Promise<CancelRun> {
  const run = await cancelOnce({ place: { port: servers.temporal.port, queue: `bench-${randomUUID()}` }, variant, jobs: options.jobs });
  const told = [run.oneByOne, run.atOnce].map(({ toldP50, toldP95 }) => `${toldP50.toFixed(0)} / ${toldP95.toFixed(0)} ms`);
  say(`${title.padEnd(13)} p50 / p95 one at a time ${told[0]}, at once ${told[1]}`);
  return run;
}
