/** Owns the words between the benchmark and its API server. */

/** How much memory it has, in MiB. */
export interface Memory {
  readonly kind: 'memory';
}

/** Said once, without being asked. */
export interface Started {
  readonly url: string;
  readonly key: string;
}
