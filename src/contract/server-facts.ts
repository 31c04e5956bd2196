/** Owns what is told of the servers behind a client: which ones, how long they keep jobs, what they take. */

/** Times are told from the server's clock; when it is off by this a person would wonder. In milliseconds. */
export const CLOCK_OFF_MS = 2000;

export interface ServerFacts {
  /** Version of the Holdfast that asks Temporal. */
  readonly holdfastVersion: string;
  /** `host:port` of Temporal. */
  readonly address: string;
  readonly namespace: string;
  /** Version of Temporal; absent where it does not say. */
  readonly temporalVersion?: string;
  /** Address of the Temporal Web UI, where it is known. */
  readonly uiUrl?: string;
  /** How long finished jobs are kept, in milliseconds; absent where the server does not say. */
  readonly retentionMs?: number;
  /** How far the clock of Temporal is ahead of the asker's, in milliseconds, to within a tenth of a second or so; absent where it cannot be told. */
  readonly clockAheadMs?: number;
  /** True when values over 1.9 MB can be stored. */
  readonly storesLargeValues: boolean;
  /** The largest input or output, in bytes of JSON. */
  readonly largestValueBytes: number;
}
