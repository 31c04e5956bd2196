/** Owns the keys of a job's page. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { useCanAct } from '../data/queries.ts';
import { useJobActs } from './acts.tsx';
import { copy } from './copy.ts';
import { hasKeys, isTyping } from './keyboard.ts';
import { listPath, neighbourOf } from './neighbours.ts';

function useKeys(act: (key: string) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event) && hasKeys()) act(event.key);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}

/** To the job before and after, and back to the list: at once, while the job is still being read. */
export function useWayKeys(id: string): void {
  const [, go] = useLocation();
  useKeys((key) => {
    if (key === 'Escape') go(listPath());
    const neighbour = key === '[' ? neighbourOf(id, -1) : key === ']' ? neighbourOf(id, 1) : undefined;
    if (neighbour !== undefined) go(`/jobs/${encodeURIComponent(neighbour)}`);
  });
}

/** Acts on the job that is shown. */
export function useJobKeys(job: JobSnapshot): void {
  const canAct = useCanAct();
  const acts = useJobActs(job);
  useKeys((key) => {
    if (key === 'y') void copy(job.id, 'Id');
    if (key === 'r' && canAct && (job.status === 'failed' || job.status === 'cancelled')) void acts.retry();
  });
}
