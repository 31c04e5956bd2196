/** Owns how far a batch is: one bar of its items by how they stand, with the numbers beside it. */
import type { BatchFacts } from '../../../src/contract/batch.ts';
import { numberText } from '../format.ts';

const PARTS = [
  { of: 'completed', name: 'completed', look: 'completed' },
  { of: 'failed', name: 'failed', look: 'failed' },
  { of: 'cancelled', name: 'cancelled', look: 'cancelled' },
  { of: 'running', name: 'running', look: 'processing' },
  { of: 'waiting', name: 'waiting', look: 'queued' },
] as const satisfies readonly { of: keyof BatchFacts; name: string; look: string }[];

/** In words, for those who do not see the bar. */
function textOf(batch: BatchFacts): string {
  return PARTS.filter(({ of }) => batch[of] > 0)
    .map(({ of, name }) => `${batch[of]} ${name}`)
    .join(', ');
}

export function BatchBar({ batch }: { readonly batch: BatchFacts }) {
  return (
    <span className="segments" role="img" aria-label={textOf(batch)}>
      {PARTS.filter(({ of }) => batch[of] > 0).map(({ of, look }) => (
        <i key={of} className={look} style={{ flexGrow: batch[of] }} />
      ))}
    </span>
  );
}

export function BatchNumbers({ batch }: { readonly batch: BatchFacts }) {
  return (
    <span className="legend">
      {PARTS.filter(({ of }) => batch[of] > 0 || of === 'completed').map(({ of, name, look }) => (
        <span key={of} className="nowrap">
          <i className={look} aria-hidden /> <strong title={String(batch[of])}>{numberText(batch[of])}</strong>{' '}
          <span className="soft">{name}</span>
        </span>
      ))}
    </span>
  );
}
