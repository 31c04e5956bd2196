/** The part `batch`: many items that do nothing, as one batch of Holdfast and as jobs that BullMQ adds 1 000 at a time. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContenderName, TITLES } from '../contender.ts';
import { type Bench, doubtAbout, type Part, runnable } from '../part.ts';
import { inTurns, runRounds } from '../rounds.ts';
import { batchSection, ROUNDS_OF_A_REPORT } from './report.ts';
import { batchOnce, type BatchRun } from './run.ts';

const WARM_UP = 5000;

export const batchPart: Part = {
  contenders: ['holdfast', 'bullmq'],
  async run(bench) {
    const { options, endsBy } = bench;
    const rounds = await runRounds({
      rounds: options.rounds,
      endsBy,
      round: (index) => inTurns(runnable(batchPart, bench), index, (name) => runNamed(name, bench)),
    });
    const coverage = { part: batchPart, bench, rounds: rounds.length, roundsOfAReport: ROUNDS_OF_A_REPORT };
    return { section: batchSection(rounds, options.jobs), doubt: doubtAbout(coverage) };
  },
};

async function runNamed(name: ContenderName, { servers, options, say }: Bench): Promise<BatchRun> {
  const server = name === 'bullmq' ? servers.redis : servers.temporal;
  if (server === undefined) throw new Error(`There is no server for ${TITLES[name]}.`);
  const payloads = mkdtempSync(join(tmpdir(), 'holdfast-bench-payloads-'));
  try {
    const place = { port: server.port, queue: `bench-${randomUUID()}`, payloads };
    const run = await batchOnce({ name, place, serverPid: server.pid, warmUp: WARM_UP, items: options.jobs });
    say(`${TITLES[name].padEnd(13)} ${run.completedPerSecond.toFixed(0)} items/s, read back ${run.right}`);
    return run;
  } finally {
    rmSync(payloads, { recursive: true, force: true });
  }
}
