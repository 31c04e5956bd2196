/** Owns what can be done with one job by hand: which act goes with which status, and what is asked before. */
import { Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { percentText } from '../../../src/contract/answer.ts';
import { PRIORITIES, type Priority } from '../../../src/contract/priority.ts';
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';
import { errorText, useAct, useCanAct } from '../data/queries.ts';
import { Confirm, type Question } from './confirm.tsx';
import { say } from './toasts.tsx';

const TOUCHES = ['job', 'jobs', 'counts', 'stats'];

/** True when it was done; what is said then, or why it was not. */
async function told(work: Promise<unknown>, done: string): Promise<boolean> {
  try {
    await work;
    say(done);
    return true;
  } catch (error) {
    say(`Nothing was changed. ${errorText(error)}`, true);
    return false;
  }
}

export function useJobActs(job: JobSnapshot) {
  const params = { id: job.id };
  const acts = {
    cancel: useAct('cancelJob', TOUCHES),
    retry: useAct('retryJob', TOUCHES),
    retryNow: useAct('retryJobNow', TOUCHES),
    runNow: useAct('runJobNow', TOUCHES),
    remove: useAct('deleteJob', TOUCHES),
    postpone: useAct('postponeJob', TOUCHES),
    prioritise: useAct('setJobPriority', TOUCHES),
  };
  return {
    retry: async () => await told(acts.retry.mutateAsync({ params, body: {} }), `Run ${job.run + 1} is queued.`),
    retryNow: async () => await told(acts.retryNow.mutateAsync({ params, body: {} }), 'The next attempt starts now.'),
    runNow: async () => await told(acts.runNow.mutateAsync({ params, body: {} }), 'It starts now.'),
    cancel: async (reason: string | undefined) =>
      await told(acts.cancel.mutateAsync({ params, body: reason === undefined ? {} : { reason } }), 'Cancel was asked for.'),
    postpone: async (delay: string) => await told(acts.postpone.mutateAsync({ params, body: { delay } }), `It starts ${delay} from now.`),
    prioritise: async (priority: Priority) =>
      await told(acts.prioritise.mutateAsync({ params, body: { priority } }), `Its priority is ${priority} now.`),
    remove: async () => await told(acts.remove.mutateAsync({ params }), 'The job is gone.'),
  };
}

export function cancelQuestion(job: JobSnapshot, onGo: Question['onGo']): Question {
  const far =
    job.progress === null || job.status !== 'processing' ? `It is ${job.status}.` : `It is at ${percentText(job.progress.percent)}.`;
  return {
    title: 'Cancel this job?',
    body: (
      <p>
        {far}{' '}
        {job.batch === undefined
          ? 'Its handler is told to stop and its clean-up runs'
          : 'Items that run are told to stop, and no further one begins'}
        ; what was done stays. {job.batch === undefined ? 'This cannot be undone.' : 'A retry does the rest.'}
      </p>
    ),
    keep: job.status === 'processing' ? 'Keep running' : 'Keep job',
    go: 'Cancel job',
    isLoss: true,
    hasReason: true,
    onGo,
  };
}

export function JobActs({ job }: { readonly job: JobSnapshot }) {
  const canAct = useCanAct();
  const acts = useJobActs(job);
  const [question, setQuestion] = useState<Question>();
  const [, go] = useLocation();
  if (!canAct) return null;
  const { status } = job;
  const isOver = isTerminal(status);
  return (
    <>
      {(status === 'failed' || status === 'cancelled') && (
        <Button onClick={() => void acts.retry()}>{job.batch === undefined ? 'Retry' : 'Retry what is not completed'}</Button>
      )}
      {isOver && job.batch === undefined && (
        <Button variant="default" onClick={() => go(`/jobs/new?from=${encodeURIComponent(job.id)}`)}>
          {status === 'completed' ? 'Add a copy…' : 'Retry with changes…'}
        </Button>
      )}
      {status === 'retrying' && <Button onClick={() => void acts.retryNow()}>Retry now</Button>}
      {status === 'delayed' && <Button onClick={() => void acts.runNow()}>Start now</Button>}
      {!isOver && status !== 'cancelling' && (
        <Button variant="default" onClick={() => setQuestion(cancelQuestion(job, acts.cancel))}>
          Cancel…
        </Button>
      )}
      {(isOver || status === 'delayed' || status === 'queued') && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" aria-label="More acts">
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {isOver ? (
              <Menu.Item color="red" onClick={() => setQuestion(deleteQuestion(async () => (await acts.remove()) && go('/jobs')))}>
                Delete job…
              </Menu.Item>
            ) : (
              <WaitingActs job={job} acts={acts} />
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </>
  );
}

const DELAYS = ['10m', '1h', '1d'] as const;

/** What can be done with a job before it starts. */
function WaitingActs({ job, acts }: { readonly job: JobSnapshot; readonly acts: ReturnType<typeof useJobActs> }) {
  return (
    <>
      {job.status === 'delayed' &&
        DELAYS.map((delay) => (
          <Menu.Item key={delay} onClick={() => void acts.postpone(delay)}>
            Start {delay} from now
          </Menu.Item>
        ))}
      {PRIORITIES.filter((priority) => priority !== job.priority).map((priority) => (
        <Menu.Item key={priority} onClick={() => void acts.prioritise(priority)}>
          Priority {priority}
        </Menu.Item>
      ))}
    </>
  );
}

function deleteQuestion(onGo: () => Promise<unknown>): Question {
  return {
    title: 'Delete this job?',
    body: <p>Input, output and history go for good, all runs of it.</p>,
    keep: 'Keep it',
    go: 'Delete job',
    isLoss: true,
    onGo,
  };
}
