/** Owns the words between the benchmark and its child processes, over node's own channel: requests with an answer each, and events. */

/** What every child understands: it ends by itself. */
export interface Stop {
  readonly kind: 'stop';
}

/** What a child says: that it is ready, the answer to its last request, why there is none, or what has happened meanwhile. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly values: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'event'; readonly event: unknown };
