/** Owns times as they are shown: short, with the exact one on hover, and a clock that all of them share. */
import { useSyncExternalStore } from 'react';
import { agoText, exactText } from '../format.ts';

const TICK_MS = 5000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The time of the last tick, every 5 s: ages do not have to be newer. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function Ago({ at }: { readonly at: string }) {
  const seenAt = useNow();
  return (
    <time dateTime={at} title={exactText(at)} className="nowrap">
      {agoText(at, Math.max(seenAt, Date.parse(at)))}
    </time>
  );
}
