/** Owns what comes of each action in each status: one table, which the documents show and the suite of `jobs.ts` checks. */
import type { JobStatus } from '../../src/contract/index.ts';

export const ACTIONS = ['add', 'cancel', 'runNow', 'postpone', 'setPriority', 'retryNow', 'retry', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];

const no = 'conflict';

/** `add` is one with the same dedupe key, within the window. */
// prettier-ignore
const ROWS: Readonly<Record<JobStatus, readonly string[]>> = {
  //            add         cancel           runNow  postpone  setPriority  retryNow  retry      delete
  delayed:    ['same job', 'requested',     'done', 'done',   'done',      no,       no,        no],
  queued:     ['same job', 'requested',     no,     no,       'done',      no,       no,        no],
  processing: ['same job', 'requested',     no,     no,       no,          no,       no,        no],
  retrying:   ['same job', 'requested',     no,     no,       no,          'done',   no,        no],
  cancelling: ['same job', 'requested',     no,     no,       no,          no,       no,        no],
  completed:  ['same job', 'already-ended', no,     no,       no,          no,       no,        'done'],
  failed:     ['same job', 'already-ended', no,     no,       no,          no,       'new run', 'done'],
  cancelled:  ['same job', 'already-ended', no,     no,       no,          no,       'new run', 'done'],
};

/** Status → action → what comes of it; `conflict` is the code of the error. */
export const OUTCOMES: readonly { readonly status: JobStatus; readonly outcomes: readonly string[] }[] = Object.entries(ROWS).map(
  ([status, outcomes]) => ({ status: status as JobStatus, outcomes }),
);
