/** Owns the words between the benchmark and its worker and client processes: requests with an answer each, over node's own channel. */
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
  /** Both: ends the process by itself. */
  | { readonly kind: 'stop' };

/** What a process says: that it is ready, the answer to its last request, or why there is none. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly values: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string };
