/** What `holdfast/contract` exports: the language of jobs, safe to import in a browser and in workflow code as types. */
export type { ActionName, ActionNote, ActionRecord, PostponeOptions, RetryByHandOptions } from './actions.ts';
export type { AddOptions } from './add-options.ts';
export type { AttemptError, AttemptRecord } from './attempts.ts';
export type { CancelOptions } from './cancel-options.ts';
export {
  type CheckpointOf,
  defineJob,
  type InputOf,
  type JobContract,
  type JobDefinition,
  type KeptCheckpointOf,
  type OutputOf,
  type ParsedInputOf,
  type ReturnOf,
} from './define-job.ts';
export type { Duration } from './duration.ts';
export { type ErrorCode, errorCatalogue, JobError, type JobErrorOptions } from './errors.ts';
export type { NoticeOptions } from './notices.ts';
export { PRIORITIES, type Priority } from './priority.ts';
export type { Progress, ProgressCount } from './progress.ts';
export type { RetryOptions } from './retry.ts';
export type { Instant } from './start-time.ts';
export type { Durations, FailureGroup, Figure, JobStatistics, QueueReport, TypeReport, WorkerReport } from './statistics/report.ts';
export {
  type Eta,
  isTerminal,
  type JobFailure,
  type JobSnapshot,
  type JobStatus,
  type JobSummary,
  OPEN_STATUSES,
  type StepSnapshot,
  TERMINAL_STATUSES,
  type WaitingFor,
} from './snapshot.ts';
