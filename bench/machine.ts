/** Owns the description of the machine and programs that a report is about. */
import { closeSync, fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { percentile } from './statistics.ts';

export interface Machine {
  readonly cores: number;
  /** One line for each fact. */
  readonly facts: readonly string[];
}

/** Type of a memory file system, as `statfs` gives it. */
const TMPFS = 0x01021994;
const SYNC_SAMPLES = 50;

export interface ServerVersions {
  readonly temporal: string;
  readonly redis: string | undefined;
}

/** @param folder where the servers keep their data */
export function describeMachine(folder: string, { temporal, redis }: ServerVersions): Machine {
  const cores = availableParallelism();
  const memoryGiB = Math.round(totalmem() / 1024 ** 3);
  const redisFact = redis === undefined ? '' : `; Redis ${redis} with appendfsync always, BullMQ ${versionOf('bullmq')}`;
  return {
    cores,
    facts: [
      `${cores} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memoryGiB} GiB, ${operatingSystem()}, Linux ${release()}`,
      `Node ${process.versions.node}; Temporal ${temporal} on SQLite (WAL, synchronous=FULL), SDK ${versionOf('@temporalio/worker')}${redisFact}`,
      `one fdatasync of 4 KiB takes ${syncMs(folder).toFixed(2)} ms${isInMemory(folder) ? ' (IN MEMORY: no disk is involved)' : ''}`,
    ],
  };
}

/** Average number of processes that wanted to run in the last minute. */
export function loadAverage(): number {
  return loadavg()[0] ?? Number.NaN;
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}

function operatingSystem(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown system';
  } catch {
    return 'unknown system';
  }
}

function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS;
}

/** Median time that this disk takes to make a small write durable: the price of each acknowledged job. */
function syncMs(folder: string): number {
  const file = openSync(join(folder, 'sync-probe'), 'w');
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: SYNC_SAMPLES }, () => {
    const startedAt = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  return percentile(times, 50);
}
