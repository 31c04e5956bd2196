/** Owns an act on all jobs that match: what is asked before, its start, and what is said then. */
import { Link, useLocation } from 'wouter';
import type { RouteRequest } from '../../../src/api/routes.ts';
import { errorText, useAct } from '../data/queries.ts';
import { numberText } from '../format.ts';
import type { Question } from './confirm.tsx';
import { say } from './toasts.tsx';

export type Act = 'retry' | 'cancel' | 'delete';
export const VERBS: Readonly<Record<Act, string>> = { retry: 'Retry', cancel: 'Cancel', delete: 'Delete' };

/** Starts it, and shows the page where it goes on. True when it was started. */
export function useStartOperation() {
  const start = useAct('startOperation', ['operations', 'jobs', 'counts', 'stats']);
  const [, go] = useLocation();
  return async (operation: RouteRequest<'startOperation'>['body'], reason: string | undefined): Promise<boolean> => {
    try {
      const { id, matching } = await start.mutateAsync({ body: { ...operation, ...(reason === undefined ? {} : { reason }) } });
      say(
        <>
          {VERBS[operation.act]} of {numberText(matching)} jobs has begun. <Link to={`/operations?id=${id}`}>Show</Link>
        </>,
      );
      go('/operations');
      return true;
    } catch (error) {
      say(`Nothing was changed. ${errorText(error)}`, true);
      return false;
    }
  };
}

/** What is asked before jobs run again. */
export function retryQuestion(number: string, isOne: boolean, which = ''): Omit<Question, 'onGo'> {
  const jobs = `${number} ${isOne ? 'job' : 'jobs'}`;
  return {
    title: `Retry ${jobs}?`,
    body: (
      <p>
        {which}They run again with the same input: what their handlers did before, such as mails that were sent, may be done twice unless
        they use the idempotency key. You can stop it on the page Operations.
      </p>
    ),
    keep: 'Not now',
    go: `Retry ${jobs}`,
    hasReason: true,
  };
}
