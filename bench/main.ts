/**
 * The benchmark: starts the servers, runs one part, prints its section of the report and writes it to `docs/benchmarks.md`.
 * It ends what it started, by pid, also on Ctrl-C; the servers end with it even when it is killed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { analysisPart } from './analysis/part.ts';
import { apiPart } from './api/part.ts';
import { type BenchOptions, type PartName, readArguments, USAGE, UsageError } from './arguments.ts';
import { batchPart } from './batch/part.ts';
import { cancelPart } from './cancel/part.ts';
import { killChildren } from './child-process.ts';
import { exportPart } from './export/part.ts';
import { groupsPart } from './groups/part.ts';
import { heartbeatPart } from './heartbeat/part.ts';
import { jobsPart } from './jobs/part.ts';
import { describeMachine, loadAverage } from './machine.ts';
import { type Part, runnable } from './part.ts';
import { recoveryPart } from './recovery/part.ts';
import { replaceSection } from './report-file.ts';
import { sectionText } from './section.ts';
import { startServers, stopServers } from './servers.ts';
import { statsPart } from './stats/part.ts';

/** No round begins that would not be over by then. */
const BUDGET_MS = 9 * 60_000;
/** A benchmark that hangs ends here, without a report. */
const LONGEST_MS = 10 * 60_000;
const REPORT_FILE = resolve(import.meta.dirname, '../../docs/benchmarks.md');

const PARTS: Readonly<Record<PartName, Part>> = {
  jobs: jobsPart,
  groups: groupsPart,
  batch: batchPart,
  cancel: cancelPart,
  recovery: recoveryPart,
  heartbeat: heartbeatPart,
  stats: statsPart,
  export: exportPart,
  analysis: analysisPart,
  api: apiPart,
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function publish(options: BenchOptions, text: string, doubt: string | undefined): void {
  process.stdout.write(`${text}\n`);
  if (doubt === undefined) writeFileSync(REPORT_FILE, replaceSection(readFileSync(REPORT_FILE, 'utf8'), options.part, text));
  say(doubt === undefined ? `Written to ${REPORT_FILE}` : `docs/benchmarks.md stays as it was: ${doubt}.`);
}

/** Rejects when the benchmark is to end before its time: what was started is ended as at any other end. */
const cutOff = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      process.exitCode = 128 + constants.signals[signal];
      reject(new Error(`${signal}: cut off.`));
    });
  }
  setTimeout(() => reject(new Error(`Cut off after ${LONGEST_MS / 60_000} minutes.`)), LONGEST_MS).unref();
});
cutOff.catch(() => undefined);

async function bench(options: BenchOptions, folder: string): Promise<void> {
  const part = PARTS[options.part];
  const endsBy = Date.now() + BUDGET_MS;
  const loadBefore = loadAverage();
  const hasRedis = part.contenders.includes('bullmq') && options.only.includes('bullmq');
  const servers = await startServers({ folder, hasRedis, say });
  try {
    const machine = describeMachine(folder, { temporal: servers.temporal.version, redis: servers.redis?.version });
    for (const fact of [...machine.facts, `load average ${loadBefore.toFixed(2)}`]) say(`  ${fact}`);
    if (runnable(part, { options, servers }).length === 0) throw new UsageError('Nothing is left to run.');
    const { section, doubt } = await Promise.race([part.run({ options, servers, endsBy, say }), cutOff]);
    const date = new Date().toISOString().slice(0, 10);
    publish(options, sectionText(section, { command: commandLine(), date, machine, loadBefore }), doubt);
  } finally {
    killChildren();
    await stopServers(servers);
  }
}

function commandLine(): string {
  const args = process.argv.slice(2);
  return ['npm run bench', ...(args.length > 0 ? ['--'] : []), ...args].join(' ');
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options === undefined) return void process.stdout.write(`${USAGE}\n`);
  if (process.platform !== 'linux') throw new UsageError('The benchmark reads CPU times from /proc and runs on Linux only.');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    await bench(options, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  const isExplained = error instanceof UsageError || process.exitCode !== undefined;
  say(error instanceof Error ? ((isExplained ? undefined : error.stack) ?? error.message) : String(error));
  process.exitCode ??= 1;
}
// A run that was cut off leaves connections, and what it waits for does not come.
process.exit();
