/** Owns the names of the contenders, and what all that they do has in common. What each part asks of them is in its folder. */
export const CONTENDERS = ['holdfast', 'raw', 'bullmq'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export const TITLES: Readonly<Record<ContenderName, string>> = { holdfast: 'Holdfast', raw: 'raw Temporal', bullmq: 'BullMQ' };

/** Where one run takes place. */
export interface Place {
  /** Port of the server on the loopback interface. */
  readonly port: number;
  /** A queue that no other run has. */
  readonly queue: string;
  /** The jobs of Holdfast share workflows. */
  readonly isGrouped?: boolean;
}

/** Milliseconds since 1970, with fractions: comparable between the processes of one machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
