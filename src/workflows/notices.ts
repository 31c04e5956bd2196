/**
 * Owns the notices of a job's end: each is started as a job of its own, which the end of this one does not touch. A job without
 * notices makes no event and no promise for them.
 */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { InputOf } from '../contract/define-job.ts';
import { type NoticePlan, NOTIFICATIONS_QUEUE } from '../contract/notices.ts';
import type { TerminalStatus } from '../contract/snapshot.ts';
import type { sendNotification } from '../jobs/send-notification.ts';
import { failureOfCall } from './failure.ts';
import { jobMemo } from './memo.ts';

const TYPE = 'send-notification';
/** Ids have a limit of 1000 bytes, and a start that the server refuses for good would keep the job from ending. */
const MAX_ID_LENGTH = 200;
const MAX_SUBJECT_LENGTH = 300;

/** How the job ended. `error`: what its workflow throws. */
export type JobEnd = { readonly status: 'completed' } | { readonly status: 'failed' | 'cancelled'; readonly error: unknown };

/** Starts the notices of this end, and waits until the server has them. Never throws: the job's end is what it is. */
export async function sendNotices(notices: readonly NoticePlan[] | undefined, end: JobEnd): Promise<void> {
  const due = (notices ?? []).filter(({ on }) => on.includes(end.status));
  if (due.length === 0) return;
  const facts = factsOf(end);
  await CancellationScope.nonCancellable(() => Promise.allSettled(due.map((notice, index) => startNotice(notice, facts, index + 1))));
}

async function startNotice(notice: NoticePlan, facts: Facts, number: number): Promise<unknown> {
  const { workflowId, runId } = workflowInfo();
  return await startChild(TYPE, {
    args: [notificationOf(notice, facts), { steps: true }],
    // Of each run its own, so that a retry by hand has its notice while the one before is still tried.
    workflowId: `${workflowId.slice(0, MAX_ID_LENGTH)}.notice-${runId.slice(0, 8)}-${number}`,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    taskQueue: notice.queue ?? NOTIFICATIONS_QUEUE,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    ...(notice.key === undefined ? {} : { priority: { fairnessKey: notice.key } }),
  });
}

interface Facts {
  readonly id: string;
  readonly type: string;
  readonly status: TerminalStatus;
  readonly run: number;
  /** Only of a job that failed. */
  readonly code?: string;
  readonly endedAt: string;
}

function factsOf(end: JobEnd): Facts {
  const { workflowId, workflowType } = workflowInfo();
  const { run = 1 } = jobMemo();
  return {
    id: workflowId,
    type: workflowType,
    status: end.status,
    run,
    ...(end.status === 'failed' ? { code: failureOfCall(end.error).code } : {}),
    endedAt: new Date().toISOString(),
  };
}

/** Thin: who wants to know more asks for the job. */
function notificationOf({ webhook, email }: NoticePlan, { endedAt, ...data }: Facts): InputOf<typeof sendNotification> {
  return {
    ...(webhook === undefined ? {} : { webhook: { ...webhook, type: `job.${data.status}`, timestamp: endedAt, data } }),
    ...(email === undefined ? {} : { email: { ...email, to: [...email.to], ...mailOf(email.template, { endedAt, ...data }) } }),
  };
}

type Email = NonNullable<InputOf<typeof sendNotification>['email']>;

function mailOf(template: string | undefined, { id, type, status, code = '', endedAt }: Facts): Pick<Email, 'subject' | 'text' | 'values'> {
  const values = { id, type, status, code, endedAt };
  if (template !== undefined) return { values };
  const subject = `${type} ${status}: ${id}`.slice(0, MAX_SUBJECT_LENGTH);
  const why = code === '' ? '' : ' with {{code}}';
  return {
    subject: '{{subject}}',
    text: `The job {{id}} ({{type}}) is {{status}}${why} since {{endedAt}}.\n`,
    values: { ...values, subject },
  };
}
