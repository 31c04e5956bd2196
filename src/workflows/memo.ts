/** Owns how workflow code reads what the client that added the job left in its memo. Other programs leave none. */
import { workflowInfo } from '@temporalio/workflow';
import { type JobMemo, MEMO_KEY } from '../contract/messages.ts';

export function jobMemo(): Partial<JobMemo> {
  return workflowInfo().memo?.[MEMO_KEY] ?? {};
}
