/**
 * Owns `holdfast dev`: a Temporal server, a worker with the shipped jobs, and an analysis of this repository and the
 * sources given, shown as it goes. An interrupted run cancels nothing: the next one goes on with its job.
 */
import { join } from 'node:path';
import type { JobClient } from '../client.ts';
import { loadConfig } from '../config.ts';
import { JobError, messageOf } from '../contract/errors.ts';
import { NOTIFICATIONS_QUEUE } from '../contract/notices.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';
import { analyseRepositories } from '../jobs/analyse-repositories.ts';
import { exportsFromEnvironment, shippedJobs } from '../shipped-jobs.ts';
import { createWorker, type JobWorker } from '../worker.ts';
import { openDevApi } from './dev-api.ts';
import { type DevRun, forgetRun, newRun, rememberRun } from './dev-runs.ts';
import { type DevServer, type DevServerOptions, openDevServer } from './dev-server.ts';
import { earlierJobs, type EarlierJob, withSameSources } from './earlier-jobs.ts';
import { JobFollower } from './follow-job.ts';
import { type Host, untilInterrupted } from './host.ts';
import { counted, resultTable, totalsLines } from './result-table.ts';
import { projectJobs } from './project-jobs.ts';
import { Screen } from './screen.ts';
import { screenLog } from './screen-log.ts';
import { chooseSources, type ChosenSources } from './sources.ts';
import { defused } from './text.ts';

export interface DevOptions extends DevServerOptions {
  /** Paths and https URLs to analyse besides the repository of the working directory. */
  readonly sources: readonly string[];
  /** End with the job's outcome as the exit code, instead of serving on. */
  readonly isOnce: boolean;
  /** The result as JSON on standard output; everything else goes to standard error. */
  readonly isJson: boolean;
}

interface Session {
  readonly options: DevOptions;
  readonly host: Host;
  readonly screen: Screen;
  readonly server: DevServer;
  readonly client: JobClient;
}

/** What this run serves. */
interface Work {
  readonly worker: JobWorker;
  readonly earlier: readonly EarlierJob[];
  /** The job of this run, new or gone on with; undefined when there is nothing to analyse. */
  readonly jobId: string | undefined;
}

const INTERRUPTED = 130;
/** Notifications mostly wait for their receivers. */
const NOTIFICATIONS_AT_ONCE = 20;

/** Runs until Ctrl-C, or once. Resolves with the exit code. @throws JobError when it cannot start */
export async function dev(options: DevOptions, host: Host): Promise<number> {
  const screen = new Screen(options.isJson ? host.err : host.out);
  const chosen = await chooseSources(options.sources, host);
  if (!chosen.hasOwn) screen.say(`${defused(host.cwd)} is in no git repository, so there is none of your own to analyse.`);
  if (options.isOnce && chosen.sources.length === 0) {
    throw new JobError('invalid-options', 'There is nothing to analyse. Name a repository, for example: holdfast dev --once ../project');
  }
  const server = await Promise.race([openDevServer(options, host, screen), untilInterrupted(host)]);
  if (server === undefined) return INTERRUPTED;
  try {
    const client = await server.connect();
    const session: Session = { options, host, screen, server, client };
    try {
      return await serveWithApi(session, await prepare(session, chosen));
    } finally {
      await client.close();
    }
  } finally {
    screen.endBlock();
    await server.close();
  }
}

async function prepare(session: Session, chosen: ChosenSources): Promise<Work> {
  const { client, screen, server } = session;
  const earlier = await earlierJobs(client, server.dataDir);
  const same = await withSameSources(client, earlier, chosen.sources);
  sayEarlier(screen, earlier, same);
  const run = same?.run ?? newRun(chosen.folders);
  const jobId = same?.id ?? (await addJob(session, chosen, run));
  const worker = await createDevWorker(session, [run, ...earlier.map((job) => job.run)]);
  screen.say(`Worker      on the queues ${worker.queues.join(', ')}`);
  return { worker, earlier: earlier.filter((job) => job !== same), jobId };
}

/** A worker for the jobs of these runs, which may read their folders, and for the shipped and the project's own types. */
async function createDevWorker({ host, screen, server }: Session, runs: readonly DevRun[]): Promise<JobWorker> {
  const { jobs: own = [], workflows, queues } = (await projectJobs(undefined, host.cwd)) ?? {};
  const shipped = shippedJobs({
    workDir: join(server.dataDir, 'work'),
    allowedRoots: [...new Set(runs.flatMap(({ folders }) => folders))],
    exports: exportsFromEnvironment(host.env, join(server.dataDir, 'exports')),
    notifications: { env: host.env },
  });
  return await createWorker({
    ...server.find,
    jobs: [...shipped.filter(({ contract }) => !own.some((job) => job.contract.name === contract.name)), ...own],
    ...(workflows === undefined ? {} : { workflows }),
    queues: {
      ...queues,
      ...Object.fromEntries(runs.map(({ queue }) => [queue, {}])),
      [NOTIFICATIONS_QUEUE]: { concurrency: NOTIFICATIONS_AT_ONCE },
    },
    log: screenLog(screen, loadConfig(host.env).logLevel),
  });
}

function sayEarlier(screen: Screen, earlier: readonly EarlierJob[], same: EarlierJob | undefined): void {
  if (earlier.length === 0) return;
  const jobs = counted(earlier.length, 'job of an earlier run is', 'jobs of earlier runs are');
  const rows = earlier.map((job) => `${defused(job.id)} ${job.status}${job === same ? ' (same sources: this run goes on with it)' : ''}`);
  screen.say(`${jobs} still open: ${rows.join(', ')}`);
}

async function addJob({ client, host, screen, server }: Session, { sources }: ChosenSources, run: DevRun): Promise<string | undefined> {
  if (host.interrupted.aborted) return undefined;
  if (sources.length === 0) {
    screen.say('No job was added. Name repositories to analyse some, for example: holdfast dev ../project https://host/owner/name');
    return undefined;
  }
  await rememberRun(server.dataDir, run);
  const { id } = await client.add(analyseRepositories, { repositories: [...sources] }, { queue: run.queue });
  screen.say(`Job         ${id}`, `            analyse-repositories of ${counted(sources.length, 'repository', 'repositories')}`);
  return id;
}

/** A run that ends with its job needs no API. */
async function serveWithApi(session: Session, work: Work): Promise<number> {
  if (session.options.isOnce) return await serve(session, work);
  const api = await openDevApi(session.server, session.host, session.screen);
  try {
    return await serve(session, work);
  } finally {
    await api.close();
  }
}

/** Runs the worker and shows the jobs, until the process is to end. */
async function serve(session: Session, { worker, earlier, jobId }: Work): Promise<number> {
  const { host, options, screen } = session;
  const ending = new AbortController();
  const signal = AbortSignal.any([host.interrupted, ending.signal]);
  signal.addEventListener('abort', () => worker.shutdown(), { once: true });
  host.interrupted.addEventListener('abort', () => sayEnding(screen), { once: true });
  if (host.interrupted.aborted) worker.shutdown();
  const running = worker.run().finally(() => ending.abort());
  // It is awaited in the end; until then its failure must not end the process without clean-up.
  running.catch(() => undefined);
  const follower = new JobFollower(session.client, screen);
  const others = earlier.map(({ id }) =>
    showToEnd(session, follower, { id, signal }).catch((error: unknown) => screen.say(messageOf(error))),
  );
  let exitCode = 1;
  try {
    const last = jobId === undefined ? undefined : await showToEnd(session, follower, { id: jobId, signal });
    exitCode = outcomeOf(last);
    if (options.isJson && last !== undefined) host.out.write(`${JSON.stringify(jsonOf(last))}\n`);
    if (!options.isOnce && !signal.aborted) {
      screen.say(`Still running: worker on the queues ${worker.queues.join(', ')}. Ctrl-C ends it.`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
  } finally {
    ending.abort();
    await Promise.all([running, ...others]);
  }
  await sayOpen(session, jobId);
  return options.isOnce ? exitCode : 0;
}

function sayEnding(screen: Screen): void {
  screen.endBlock();
  screen.say('Ending: what runs may finish, for up to 10 s. Ctrl-C again ends at once. Either way no job is lost.');
}

/** After an interruption: the job that the next run goes on with. */
async function sayOpen({ client, host, screen }: Session, jobId: string | undefined): Promise<void> {
  if (jobId === undefined || !host.interrupted.aborted) return;
  const snapshot = await client.get(jobId);
  if (snapshot === undefined || snapshot.endedAt !== undefined) return;
  const percent = Math.floor(snapshot.progress?.percent ?? 0);
  screen.say(`The job ${jobId} is still open at ${percent} %. Start again to go on with it.`);
}

async function showToEnd(
  session: Session,
  follower: JobFollower,
  { id, signal }: { id: string; signal: AbortSignal },
): Promise<JobSnapshot | undefined> {
  const last = await follower.follow(id, signal);
  if (last === undefined) return undefined;
  await showResult(session, last);
  await forgetRun(session.server.dataDir, last.queue);
  return last;
}

async function showResult({ client, screen, server }: Session, last: JobSnapshot): Promise<void> {
  const { id, type, status, addedAt, endedAt = addedAt, error, cancelReason } = last;
  const output = status === 'completed' ? await client.job(id, analyseRepositories).result() : undefined;
  if (output === undefined) {
    const why = error === undefined ? cancelReason : `${error.message} (${error.code})`;
    screen.say(screen.style('red', `${type} ${defused(id)} ${status}${why === undefined ? '' : `: ${defused(why)}`}`));
  } else {
    const [outcome, found] = totalsLines(output, Date.parse(endedAt) - Date.parse(addedAt));
    screen.say('', `${screen.style(output.totals.failed === 0 ? 'green' : 'yellow', `${type} completed`)}: ${outcome}`, found, '');
    screen.say(...resultTable(output, screen.room.width, screen.style), '');
  }
  const url = server.jobUrl(last);
  screen.say(url === undefined ? `In the Web UI of your Temporal server the job has the id ${defused(id)}.` : `In the Web UI: ${url}`);
}

function jsonOf({ id, status, output, error }: JobSnapshot): Readonly<Record<string, unknown>> {
  return { id, status, output: output ?? null, error: error ?? null };
}

/** 0 when the job completed and each repository with it. */
function outcomeOf(last: JobSnapshot | undefined): number {
  if (last?.status !== 'completed') return 1;
  const { totals } = last.output as { totals: { repositories: number; completed: number } };
  return totals.completed === totals.repositories ? 0 : 1;
}
