/**
 * Owns what a job workflow answers to the queries `status` and `progress`, and the signal that handlers report with.
 * It knows less than the client's `get`: a handler reports only when it runs for over 2 s.
 */
import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import { PROGRESS, type ProgressReport, STATUS, type StatusAnswer } from '../contract/messages.ts';
import type { Progress } from '../contract/progress.ts';
import type { JobStatus } from '../contract/snapshot.ts';

const progressSignal = defineSignal<[ProgressReport]>(PROGRESS);
const progressQuery = defineQuery<Progress | null>(PROGRESS);
const statusQuery = defineQuery<StatusAnswer>(STATUS);

export interface View {
  status: JobStatus;
  /** Overall progress, given what the running steps last reported. */
  overall(): Progress | null;
  report(report: ProgressReport): void;
}

function isProgressReport(report: Partial<ProgressReport> | null | undefined): report is ProgressReport {
  const percent: unknown = report?.progress?.percent;
  return typeof report?.step === 'string' && typeof percent === 'number' && percent >= 0 && percent <= 100;
}

/** Answers the queries from `view`, and feeds it the handlers' reports. */
export function showView(view: View): void {
  setHandler(progressSignal, (report) => {
    // Anybody can signal. What is thrown here would stop the job until the worker's code is another.
    if (!isProgressReport(report)) return;
    if (view.status === 'queued') view.status = 'processing';
    view.report(report);
  });
  setHandler(progressQuery, () => view.overall());
  setHandler(statusQuery, () => ({ status: view.status, progress: view.overall() }));
}
