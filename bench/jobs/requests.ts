/** Owns what the benchmark asks of the worker and the client process of this part. Each request has an answer of its own. */
export type Role = 'worker' | 'client';

export type Request =
  /** Worker: the next jobs are a phase of their own. */
  | { readonly kind: 'expect'; readonly jobs: number }
  /** Worker: answered when the expected jobs have started, with the milliseconds from add to start of each. */
  | { readonly kind: 'starts' }
  /** Client: adds jobs, each when the one before has completed. */
  | { readonly kind: 'one-by-one'; readonly jobs: number }
  /** Client: adds jobs with several adders at once; answered when all are acknowledged, with the milliseconds it took. */
  | { readonly kind: 'load'; readonly jobs: number; readonly adders: number }
  /** Client: reads the jobs of the last load back; answered with how many completed as they should have. */
  | { readonly kind: 'read-back' };
