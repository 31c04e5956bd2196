/** Owns the short messages about what the user has just done. */
import { type ReactNode, useSyncExternalStore } from 'react';

interface Toast {
  readonly id: number;
  readonly text: ReactNode;
  readonly isWrong: boolean;
}

const SHOWN_MS = 6000;
let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says it for six seconds; what went wrong until it is closed. */
export function say(text: ReactNode, isWrong = false): void {
  lastId += 1;
  const id = lastId;
  change([...toasts.slice(-3), { id, text, isWrong }]);
  if (!isWrong) window.setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, isWrong }) => (
        <div key={id} className={isWrong ? 'toast wrong' : 'toast'}>
          <span>{text}</span>
          <button type="button" onClick={() => dismiss(id)}>
            Close
          </button>
        </div>
      ))}
    </div>
  );
}
