/** Owns the loading of contenders: a process loads the libraries of the one it runs and no others. */
import type { ContenderName } from '../contender.ts';
import type { Contender } from './contender.ts';

/** The contender of this name. */
export async function loadContender(name: ContenderName): Promise<Contender> {
  switch (name) {
    case 'holdfast':
      return (await import('./holdfast.ts')).holdfast;
    case 'raw':
      return (await import('./raw-temporal.ts')).rawTemporal;
    case 'bullmq':
      return (await import('./bullmq.ts')).bullmq;
  }
}
