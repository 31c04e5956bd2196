/**
 * The benchmark: starts the servers, runs the rounds, prints the report and writes it to `docs/benchmarks.md`.
 * It ends what it started, by pid, also on Ctrl-C; the servers end with it even when it is killed.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BenchOptions, readArguments, USAGE, UsageError } from './arguments.ts';
import { killChildren } from './child-process.ts';
import { type ContenderName, CONTENDERS, TITLES } from './contender.ts';
import { describeMachine, loadAverage } from './machine.ts';
import { bundleRawWorkflow } from './raw-bundle.ts';
import { report, ROUNDS_OF_A_REPORT } from './report.ts';
import { type Round, runRounds } from './rounds.ts';
import { type Run, runOnce } from './run.ts';
import { benchStats } from './stats.ts';
import { findRedis, type JobServer, startRedis, startTemporal } from './servers.ts';

/** No round begins that would not be over by then. */
const BUDGET_MS = 9 * 60_000;
/** A benchmark that hangs ends here, without a report. */
const LONGEST_MS = 10 * 60_000;
const REPORT_FILE = resolve(import.meta.dirname, '../../docs/benchmarks.md');
const WARM_UP = { temporal: 60, bullmq: 2000 };
const BULLMQ_JOBS = { full: 20_000, quick: 2000 };
const SINGLE_JOBS = 40;

interface Servers {
  readonly temporal: JobServer;
  /** Absent: BullMQ is left out. */
  readonly redis: JobServer | undefined;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function startServers(folder: string, { only }: BenchOptions): Promise<Servers> {
  say('Starting the embedded Temporal server …');
  const temporal = await startTemporal(folder);
  if (!only.includes('bullmq')) return { temporal, redis: undefined };
  const binary = await findRedis();
  if (binary === undefined) {
    say('\n*** BULLMQ IS SKIPPED: there is no redis-server on PATH. Install it (Debian: apt install redis-server) and run again. ***\n');
    return { temporal, redis: undefined };
  }
  say('Starting Redis with appendfsync always …');
  return { temporal, redis: await startRedis(binary, folder) };
}

function jobsOf({ jobs, quick }: BenchOptions): Readonly<Record<ContenderName, number>> {
  return { holdfast: jobs, raw: jobs, bullmq: Math.max(jobs, quick ? BULLMQ_JOBS.quick : BULLMQ_JOBS.full) };
}

/** Runs one contender once and says how it went. */
async function runNamed(name: ContenderName, jobs: number, { temporal, redis }: Servers): Promise<Run> {
  const server = name === 'bullmq' ? redis : temporal;
  if (server === undefined) throw new Error(`There is no server for ${TITLES[name]}.`);
  return await runOnce({
    name,
    place: { port: server.port, queue: `bench-${randomUUID()}` },
    serverPid: server.pid,
    warmUp: name === 'bullmq' ? WARM_UP.bullmq : WARM_UP.temporal,
    single: SINGLE_JOBS,
    jobs,
  });
}

async function measure(options: BenchOptions, servers: Servers, endsBy: number): Promise<readonly Round[]> {
  const jobs = jobsOf(options);
  const names = CONTENDERS.filter((name) => options.only.includes(name) && (name !== 'bullmq' || servers.redis !== undefined));
  if (names.length === 0) throw new UsageError('Nothing is left to run.');
  const rounds = await runRounds({
    names,
    rounds: options.rounds,
    endsBy,
    async run(name, round) {
      const startedAt = Date.now();
      const run = await runNamed(name, jobs[name], servers);
      const { server, worker, client } = run.cpuMsPerJob;
      const cpu = `${server.toFixed(2)} + ${worker.toFixed(2)} + ${client.toFixed(2)} CPU-ms a job`;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
      say(
        `round ${round} of ${options.rounds}  ${TITLES[name].padEnd(13)} ${cpu}, ${run.completedPerSecond.toFixed(0)} jobs/s  (${seconds} s)`,
      );
      return run;
    },
  });
  if (rounds.length < options.rounds) say(`Time is up after ${rounds.length} of ${options.rounds} rounds.`);
  return rounds;
}

function publish(text: string, rounds: readonly Round[], { quick }: BenchOptions): void {
  process.stdout.write(text);
  const missing = CONTENDERS.filter((name) => rounds[0]?.[name] === undefined);
  const reason = quick
    ? '--quick is no measurement'
    : missing.length > 0
      ? `${missing.map((name) => TITLES[name]).join(' and ')} did not run`
      : rounds.length < ROUNDS_OF_A_REPORT
        ? `${rounds.length} rounds are too few`
        : undefined;
  if (reason === undefined) writeFileSync(REPORT_FILE, text);
  say(reason === undefined ? `Written to ${REPORT_FILE}` : `docs/benchmarks.md stays as it was: ${reason}.`);
}

/** The part `stats`: a server of its own, filled, and asked. */
async function statsPart({ finished, open }: BenchOptions, folder: string): Promise<void> {
  const temporal = await startTemporal(folder);
  try {
    process.stdout.write(await benchStats({ port: temporal.port, finished, open, say }));
  } finally {
    await temporal.stop();
  }
}

async function bench(options: BenchOptions, folder: string): Promise<void> {
  if (options.part === 'stats') return await statsPart(options, folder);
  const endsBy = Date.now() + BUDGET_MS;
  const loadBefore = loadAverage();
  const servers = await startServers(folder, options);
  try {
    const machine = describeMachine(folder, { temporal: servers.temporal.version, redis: servers.redis?.version });
    for (const fact of [...machine.facts, `load average ${loadBefore.toFixed(2)}`]) say(`  ${fact}`);
    await bundleRawWorkflow();
    const rounds = await measure(options, servers, endsBy);
    publish(report(rounds, { machine, loadBefore, jobs: jobsOf(options) }), rounds, options);
  } finally {
    killChildren();
    await Promise.all([servers.temporal.stop(), servers.redis?.stop()]);
  }
}

/** The run under way fails when its processes are gone, and the servers are ended as at any other end. */
function cutOff(signal: NodeJS.Signals): void {
  say(`\n${signal}: ending what was started …`);
  process.exitCode = 128 + constants.signals[signal];
  killChildren();
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options === undefined) return void process.stdout.write(`${USAGE}\n`);
  if (process.platform !== 'linux') throw new UsageError('The benchmark reads CPU times from /proc and runs on Linux only.');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, cutOff);
  const limit = setTimeout(killChildren, LONGEST_MS);
  try {
    await bench(options, folder);
  } finally {
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  if (process.exitCode === undefined) {
    say(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
