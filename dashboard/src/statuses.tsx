/** Owns how a status looks: icon and word, always both, in colours of its own. */
import {
  IconAlertTriangleFilled,
  IconBan,
  IconCalendarTime,
  IconCheck,
  IconPlayerPlayFilled,
  IconPlayerStop,
  IconRotateClockwise,
  IconStack2,
} from '@tabler/icons-react';
import type { JobStatus } from '../../src/contract/snapshot.ts';

const ICONS = {
  delayed: IconCalendarTime,
  queued: IconStack2,
  processing: IconPlayerPlayFilled,
  retrying: IconRotateClockwise,
  cancelling: IconPlayerStop,
  completed: IconCheck,
  failed: IconAlertTriangleFilled,
  cancelled: IconBan,
} as const satisfies Record<JobStatus, unknown>;

/** In the order of the filter chips. */
export const STATUSES = [
  'processing',
  'queued',
  'retrying',
  'delayed',
  'cancelling',
  'failed',
  'completed',
  'cancelled',
] as const satisfies readonly JobStatus[];

/** Symbols for page titles. */
export const SYMBOLS: Readonly<Record<JobStatus, string>> = {
  delayed: '◷',
  queued: '☰',
  processing: '▶',
  retrying: '↻',
  cancelling: '◼',
  completed: '✓',
  failed: '✕',
  cancelled: '⊘',
};

export function statusWord(status: JobStatus): string {
  return status[0]?.toUpperCase() + status.slice(1);
}

export function StatusIcon({ status, size = 15 }: { readonly status: JobStatus; readonly size?: number }) {
  const Icon = ICONS[status];
  return <Icon size={size} aria-hidden stroke={2} />;
}

export function StatusBadge({ status }: { readonly status: JobStatus }) {
  return (
    <span className={`badge status-${status}`}>
      <StatusIcon status={status} />
      {statusWord(status)}
    </span>
  );
}
