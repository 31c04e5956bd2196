/** Owns the ways in which the waiting job is run: a contender and its settings. */

export type Variant = HoldfastVariant | RawVariant | BullmqVariant;

export interface HoldfastVariant {
  readonly contender: 'holdfast';
  /** Of the contract. @default the contract's own default */
  readonly heartbeat?: '1s';
  /** Jobs that are added at the same time share a workflow. */
  readonly group?: true;
}

export interface RawVariant {
  readonly contender: 'raw';
  readonly heartbeatTimeoutMs: number;
  /** The SDK holds heartbeats back for this long. @default the SDK's: 80 % of the heartbeat timeout */
  readonly throttleMs?: number;
}

export interface BullmqVariant {
  readonly contender: 'bullmq';
}
