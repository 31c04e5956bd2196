/** Owns who is compared in this part, and by what settings. */
import type { ContenderName } from '../contender.ts';
import type { Variant } from '../waiting/variant.ts';

export interface Entrant {
  readonly title: string;
  readonly variant: Variant;
  /** Seconds that Holdfast aims not to exceed. */
  readonly aimSeconds?: number;
  /** Kills that are enough of one that takes long. @default as many as there are rounds */
  readonly kills?: number;
}

const RAW_HEARTBEAT_TIMEOUT_MS = 30_000;

export const ENTRANTS: readonly Entrant[] = [
  { title: 'Holdfast by default', variant: { contender: 'holdfast' }, aimSeconds: 8 },
  { title: "Holdfast with `heartbeat: '1s'`", variant: { contender: 'holdfast', heartbeat: '1s' }, aimSeconds: 3 },
  {
    title: `raw Temporal, heartbeat timeout ${RAW_HEARTBEAT_TIMEOUT_MS / 1000} s`,
    variant: { contender: 'raw', heartbeatTimeoutMs: RAW_HEARTBEAT_TIMEOUT_MS },
  },
  { title: 'BullMQ by default', variant: { contender: 'bullmq' }, kills: 3 },
];

/** The entrants of the `index`-th round. */
export function entrantsOf(names: readonly ContenderName[], index: number): readonly Entrant[] {
  return ENTRANTS.filter(({ variant, kills = Number.POSITIVE_INFINITY }) => names.includes(variant.contender) && index < kills);
}
