/** Owns one round: the history of a repository read by git alone, by an analysis, and by the next analysis after some more commits. */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { JobClient } from 'holdfast/client';
import { analyseRepositories } from 'holdfast/jobs';
import { Child } from '../child-process.ts';
import { cpuMs, cpuMsOfChildren, residentMiB } from '../process-usage.ts';
import type { WorkerSettings } from './child.ts';
import type { MadeRepository } from './repository.ts';

export interface Cost {
  /** Seconds of the clock, and of all processors. */
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface AnalysisRound {
  /** `git log --numstat --no-renames`. */
  readonly git: Cost;
  readonly first: Cost;
  /** After {@link NEW_COMMITS} more commits. */
  readonly second: Cost;
  /** Memory of the worker's process after both, git's not included. */
  readonly workerMiB: number;
}

export interface RoundPlan {
  readonly port: number;
  /** Where folders may be made. */
  readonly folder: string;
  readonly repository: MadeRepository;
  readonly gitFirst: boolean;
}

/** The figures of one round, with a worker process of its own that has kept nothing yet. */
export async function runRound({ port, folder, repository, gitFirst }: RoundPlan): Promise<AnalysisRound> {
  moveTo(repository, repository.before);
  const early = gitFirst ? await gitAlone(repository) : undefined;
  const queue = `bench-${randomUUID()}`;
  const workDir = mkdtempSync(join(folder, 'work-'));
  const settings: WorkerSettings = { port, queue, repositories: folder, workDir };
  const script = new URL('child.js', import.meta.url);
  const worker = await Child.start<never>({ script, args: [JSON.stringify(settings)], title: 'worker process' });
  const client = await JobClient.connect({ address: `127.0.0.1:${port}`, env: {} });
  try {
    const analyse = (): Promise<Cost> => analysis(client, { queue, pid: worker.pid, source: repository.folder });
    // Warm: the worker has loaded what it needs. The folder of another source: nothing is known of this one.
    await analysis(client, { queue, pid: worker.pid, source: tinyRepository(folder) });
    const first = await analyse();
    const git = early ?? (await gitAlone(repository));
    moveTo(repository, repository.after);
    const second = await analyse();
    return { git, first, second, workerMiB: residentMiB(worker.pid) };
  } finally {
    await client.close();
    await worker.stop();
  }
}

/** From the add to the result, as a user waits for it. */
async function analysis(client: JobClient, { queue, pid, source }: { queue: string; pid: number; source: string }): Promise<Cost> {
  const used = (): number => cpuMs(pid) + cpuMsOfChildren(pid);
  const [startedAt, usedBefore] = [performance.now(), used()];
  const job = await client.add(analyseRepositories, { repositories: [source] }, { queue });
  const { totals } = await job.result();
  if (totals.completed !== 1) throw new Error('The analysis failed.');
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (used() - usedBefore) / 1000 };
}

/** Without the search for renames, which the analysis does not make either: the least that git can take. */
async function gitAlone({ folder }: MadeRepository): Promise<Cost> {
  const [startedAt, usedBefore] = [performance.now(), cpuMsOfChildren(process.pid)];
  const git = spawn('git', ['log', '--numstat', '--no-renames', 'main'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  git.stdout.resume();
  await once(git, 'close');
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (cpuMsOfChildren(process.pid) - usedBefore) / 1000 };
}

/** One commit without files. */
function tinyRepository(folder: string): string {
  const repository = mkdtempSync(join(folder, 'tiny-'));
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', repository]);
  const person = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
  const tree = execFileSync('git', ['hash-object', '-w', '-t', 'tree', '/dev/null'], { cwd: repository, encoding: 'utf8' }).trim();
  const commit = execFileSync('git', [...person, 'commit-tree', tree, '-m', 'x'], { cwd: repository, encoding: 'utf8' }).trim();
  execFileSync('git', ['update-ref', 'refs/heads/main', commit], { cwd: repository });
  return repository;
}

function moveTo({ folder }: MadeRepository, commit: string): void {
  execFileSync('git', ['update-ref', 'refs/heads/main', commit], { cwd: folder });
}
