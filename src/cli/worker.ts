/** Owns `holdfast worker`: a worker for the jobs of a user's module, until it is told to end. Its log is JSON lines. */
import { loadConfig } from '../config.ts';
import { toMs } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import { findServer } from '../find-server.ts';
import { jsonLog } from '../log.ts';
import { createWorker, type QueueOptions } from '../worker.ts';
import type { Host } from './host.ts';
import { workflowsFile } from './load-jobs.ts';
import { projectJobs } from './project-jobs.ts';

export interface WorkerCommandOptions {
  /** A file or a package whose export `jobs` is an array of `handle(…)` and `multiStep(…)`. @default what `holdfast.config` names */
  readonly jobs?: string;
  /** File with `export default jobWorkflows(…)`. @default what the module exports as `workflows` */
  readonly workflows?: string;
  readonly concurrency?: number;
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** How long handlers may go on after SIGTERM. @default '10s' */
  readonly shutdownGrace?: string;
  readonly address?: string;
}

const NO_JOBS =
  "Which jobs? Name your module with --jobs, or write holdfast.config.mjs here: export default { jobs: './jobs.js' }; its export jobs is [handle(contract, handler), …].";

/** Serves until SIGTERM or Ctrl-C and resolves with the exit code when its handlers have ended. @throws JobError when it cannot start */
export async function worker(options: WorkerCommandOptions, host: Host): Promise<number> {
  const log = jsonLog(loadConfig(host.env).logLevel);
  const loaded = await projectJobs(options.jobs, host.cwd);
  if (loaded === undefined) throw new JobError('invalid-options', NO_JOBS);
  const { concurrency = loaded.concurrency, queues = loaded.queues, shutdownGrace = loaded.shutdownGrace } = options;
  const workflows = options.workflows === undefined ? loaded.workflows : workflowsFile(options.workflows, host.cwd);
  const place = { env: host.env, cwd: host.cwd, ...(options.address === undefined ? {} : { address: options.address }) };
  const running = await createWorker({
    ...place,
    jobs: loaded.jobs,
    log,
    ...(workflows === undefined ? {} : { workflows }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queues === undefined ? {} : { queues }),
    ...(shutdownGrace === undefined ? {} : { shutdownGrace: toMs(shutdownGrace, '--shutdown-grace') }),
  });
  const server = await findServer(place);
  log.info('worker started', {
    queues: running.queues,
    types: loaded.jobs.map(({ contract }) => contract.name),
    server: server.address,
    namespace: server.namespace,
    pid: process.pid,
  });
  host.interrupted.addEventListener('abort', () => log.info('worker ending: running handlers may finish'), { once: true });
  host.interrupted.addEventListener('abort', () => running.shutdown(), { once: true });
  if (host.interrupted.aborted) running.shutdown();
  await running.run();
  log.info('worker ended');
  return 0;
}
