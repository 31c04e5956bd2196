/** The part `api`: what an add costs more over HTTP, and what those cost who only look on. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobClient } from 'holdfast/client';
import { RemoteJobs } from 'holdfast/remote-client';
import { Child } from '../child-process.ts';
import type { Request } from '../jobs/requests.ts';
import type { Bench, Part } from '../part.ts';
import { runRounds } from '../rounds.ts';
import { emptyJob } from './empty-job.ts';
import { type AddRound, apiSection, LOADS, ROUNDS_OF_A_REPORT } from './report.ts';
import type { Memory, Started } from './requests.ts';
import { addAll, type AddRun, lookOn, type Way, WAYS } from './run.ts';

const VIEWERS = { full: 1000, quick: 50 };

export const apiPart: Part = {
  contenders: ['holdfast'],
  async run(bench) {
    const { servers, options, say, endsBy } = bench;
    const queue = `bench-${randomUUID()}`;
    const place = { port: servers.temporal.port, queue };
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-api-'));
    const worker = await Child.start<Request>({
      script: new URL('../jobs/child.js', import.meta.url),
      args: ['worker', 'holdfast', JSON.stringify(place)],
      title: 'worker',
    });
    const { child, started } = await startApi([String(place.port), queue, folder]);
    const client = await JobClient.connect({ address: `127.0.0.1:${place.port}`, env: {} });
    try {
      const ways = { client, http: new RemoteJobs(started) };
      const rounds = await runRounds({
        rounds: options.rounds,
        endsBy,
        round: (index) => addInTurns(ways, index, { bench, client, queue }),
      });
      const viewers = await lookOn(started, child, options.quick ? VIEWERS.quick : VIEWERS.full);
      say(
        `${viewers.viewers} viewers: ${viewers.beforeMiB.toFixed(0)} → ${viewers.withThemMiB.toFixed(0)} → ${viewers.afterMiB.toFixed(0)} MiB`,
      );
      const tooFew = rounds.length < ROUNDS_OF_A_REPORT ? `${rounds.length} rounds are too few` : undefined;
      return { section: apiSection(rounds, viewers, options.jobs), doubt: options.quick ? '--quick is no measurement' : tooFew };
    } finally {
      await client.close();
      await Promise.all([child.stop(), worker.stop()]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function startApi(args: readonly string[]): Promise<{ child: Child<Memory>; started: Started }> {
  let started: Started | undefined;
  const child = await Child.start<Memory>({
    script: new URL('child.js', import.meta.url),
    args,
    title: 'API server',
    onEvent: (event) => (started = event as Started),
  });
  if (started === undefined) throw new Error('The API server did not say where it is.');
  return { child, started };
}

interface Round {
  readonly bench: Bench;
  readonly client: JobClient;
  readonly queue: string;
}

async function addInTurns(
  ways: Readonly<Record<Way, JobClient | RemoteJobs>>,
  index: number,
  { bench, client, queue }: Round,
): Promise<AddRound> {
  const round: AddRun[][] = [];
  for (const { adders } of LOADS) {
    const runs: Partial<Record<Way, AddRun>> = {};
    for (const way of index % 2 === 0 ? WAYS : WAYS.toReversed()) {
      const plan = { jobs: bench.options.jobs, adders: Math.min(adders, bench.options.jobs), contract: emptyJob(queue) };
      const run = await addAll(ways[way], client, plan);
      runs[way] = run;
      bench.say(
        `${way.padEnd(6)} ${String(plan.adders).padStart(4)} at once: ${run.perSecond.toFixed(0)}/s, p50 ${run.p50.toFixed(0)} ms, p99 ${run.p99.toFixed(0)} ms; ${run.accepted} accepted, ${run.refused} refused, ${run.completed} completed`,
      );
    }
    round.push(WAYS.flatMap((way) => runs[way] ?? []));
  }
  return round;
}
