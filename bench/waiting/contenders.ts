/** Owns the loading of contenders by variant: a process loads the libraries of the one it runs and no others. */
import type { WaitingClient, WaitingPlan, WorkerPlan } from './contender.ts';
import type { Variant } from './variant.ts';

/** Serves the queue in this process until it is killed. Resolves when it is ready. */
export async function startWaitingWorker({ variant, ...plan }: WorkerPlan<Variant>): Promise<void> {
  switch (variant.contender) {
    case 'holdfast':
      return await (await import('./holdfast.ts')).holdfast.startWorker({ ...plan, variant });
    case 'raw':
      return await (await import('./raw-temporal.ts')).rawTemporal.startWorker({ ...plan, variant });
    case 'bullmq':
      return await (await import('./bullmq.ts')).bullmq.startWorker({ ...plan, variant });
  }
}

export async function connectWaiting({ place, variant }: WaitingPlan<Variant>): Promise<WaitingClient> {
  switch (variant.contender) {
    case 'holdfast':
      return await (await import('./holdfast.ts')).holdfast.connect({ place, variant });
    case 'raw':
      return await (await import('./raw-temporal.ts')).rawTemporal.connect({ place, variant });
    case 'bullmq':
      return await (await import('./bullmq.ts')).bullmq.connect({ place, variant });
  }
}
