/** Owns what a worker and the thread of an analysis say to each other. All of it is plain data: it is copied between the two. */
import type { ParsedInputOf } from '../../contract/define-job.ts';
import type { analyseRepository, RepositoryReport } from '../../jobs/analyse-repositories.ts';
import { asJobError, type ErrorCode, JobError, messageOf } from '../../contract/errors.ts';
import type { AnalyserSettings } from './analyser-settings.ts';

/** What a thread needs of them. They may come with others' settings, which are not for it: connections, functions. */
const SETTINGS = [
  'allowedRoots',
  'workDir',
  'cacheMb',
  'allowPrivateHosts',
  'gitEnvironment',
  'gitMemoryMb',
] as const satisfies readonly (keyof AnalyserSettings)[];

export type TaskSettings = Pick<AnalyserSettings, (typeof SETTINGS)[number]>;

export interface AnalysisTask {
  readonly input: ParsedInputOf<typeof analyseRepository>;
  readonly settings: TaskSettings;
  /** The scratch folder, empty. */
  readonly folder: string;
}

/** From the thread. The last one is a report or an error. */
export type ThreadMessage =
  | { readonly percent: number; readonly message: string }
  | { readonly report: RepositoryReport }
  | { readonly error: SentError };

/** To the thread: begin, or stop, and why. */
export type WorkerMessage = { readonly task: AnalysisTask } | { readonly stop: SentError };

/** An error that has lost its class on the way. Without a code it was not expected. */
export interface SentError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function taskSettings(settings: AnalyserSettings): TaskSettings {
  return Object.fromEntries(SETTINGS.map((name) => [name, settings[name]])) as Partial<TaskSettings> as TaskSettings;
}

export function sentError(error: unknown): SentError {
  const known = asJobError(error);
  return known === undefined ? { message: messageOf(error) } : { code: known.code, message: known.message, details: known.details };
}

export function receivedError({ code, message, details = {} }: SentError): Error {
  return code === undefined ? new Error(message) : new JobError(code, message, { details });
}
