/** The package's public API. Contracts that a browser imports come from `holdfast/contract`, workflow code from `holdfast/workflows`. */
export * from './contract/index.ts';
export { type CancelOutcome } from './temporal/cancel-job.ts';
export { type JobCounts, type JobFilter, type JobList } from './temporal/read-jobs.ts';
export { JobClient, type JobHandle, type ListOptions, type ResultOptions } from './client.ts';
export { type StatisticsFilter } from './temporal/statistics.ts';
export { type FindServerOptions } from './find-server.ts';
export { type ProjectConfig } from './project-config.ts';
export { type ServerFacts } from './contract/server-facts.ts';
export { type Log } from './log.ts';
export {
  analyseRepositories,
  type Delivery,
  type DeliveryAttempt,
  exportData,
  type ExportSidecar,
  exportSidecar,
  type RepositoryReport,
  type RepositoryResult,
  sendNotification,
} from './jobs/index.ts';
export {
  type AnalyserSettings,
  type ExportSettings,
  exportsFromEnvironment,
  type MailServer,
  type MailTemplate,
  notificationJobs,
  type NotificationSettings,
  type PostgresConnection,
  shippedJobs,
  type ShippedJobsSettings,
} from './shipped-jobs.ts';
export { FolderStorage } from './storage/folder-storage.ts';
export { type PutFile, type Storage, type StoredFile } from './storage/storage.ts';
export {
  createWorker,
  handle,
  type HandledJob,
  type Handler,
  type CleanUpContext,
  type CleanUpHooks,
  type FailContext,
  type HandlerContext,
  type JobDeclaration,
  type JobWorker,
  type MetricsOptions,
  multiStep,
  NonRetryable,
  type NonRetryableOptions,
  type QueueOptions,
  RetryAfter,
  type WorkerOptions,
} from './worker.ts';
// The seed's `JobStatus` has its name; the statuses of snapshots, a type only, go by another one here.
export { type JobStatus as SnapshotStatus } from './contract/snapshot.ts';
export {
  BaseJobProcessor,
  Job,
  JobCancelled,
  type JobData,
  type JobOptions,
  type JobProcessor,
  JobQueue,
  jobQueue,
  type JobQueueEvents,
  type JobQueueOptions,
  JobStatus,
  type QueueStats,
  type TemporalOptions,
} from './job-queue.ts';
