/** The package's public API. Contracts that a browser imports come from `holdfast/contract`, workflow code from `holdfast/workflows`. */
export * from './contract/index.ts';
export { type CancelOutcome } from './temporal/end-job.ts';
export { type JobCounts, type JobFilter, type JobList } from './temporal/read-jobs.ts';
export { JobClient, type JobHandle, type ListOptions, type ResultOptions } from './client.ts';
export { type FindServerOptions } from './find-server.ts';
export { type Log } from './log.ts';
export {
  createWorker,
  handle,
  type HandledJob,
  type Handler,
  type HandlerContext,
  type JobDeclaration,
  type JobWorker,
  multiStep,
  type QueueOptions,
  type WorkerOptions,
} from './worker.ts';
