/** Owns the keys of a job's page. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { useCanAct } from '../data/queries.ts';
import { useJobActs } from './acts.tsx';
import { copy } from './copy.ts';
import { hasKeys, isTyping } from './keyboard.ts';
import { listPath, neighbourOf } from './neighbours.ts';

export function useJobKeys(job: JobSnapshot): void {
  const canAct = useCanAct();
  const acts = useJobActs(job);
  const [, go] = useLocation();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !hasKeys()) return;
      if (event.key === 'y') void copy(job.id, 'Id');
      if (event.key === 'Escape') go(listPath());
      const neighbour = event.key === '[' ? neighbourOf(job.id, -1) : event.key === ']' ? neighbourOf(job.id, 1) : undefined;
      if (neighbour !== undefined) go(`/jobs/${encodeURIComponent(neighbour)}`);
      if (event.key === 'r' && canAct && (job.status === 'failed' || job.status === 'cancelled')) void acts.retry();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
