/**
 * Owns the removal of exports whose time is over, and of what jobs left that never came to their end: at the start of a
 * worker and then every hour.
 */
import { startHourly } from '../../hourly.ts';
import { exportSidecar } from '../../jobs/export-data.ts';
import type { Log } from '../../log.ts';
import { textOf } from '../../storage/contents.ts';
import type { Storage, StoredFile } from '../../storage/storage.ts';
import { SIDECAR_END } from './export-data.ts';

/** Parts and drafts that nobody wrote to for so long. An export that finds its parts gone begins anew, so this is safe at any time. */
export const LEFT_BEHIND_MS = 3 * 24 * 3_600_000;

/** Begins sweeping; call what it gives to end it. */
export function startSweepingExports(storage: Storage, log: Log): () => Promise<void> {
  const sweep = async (signal: AbortSignal): Promise<void> => {
    const removed = await sweepExports(storage, { now: Date.now(), signal });
    if (removed > 0) log.info('exports whose time is over were removed', { files: removed });
  };
  return startHourly({ sweep, failure: 'the exports could not be swept' }, log);
}

export interface ExportSweep {
  /** ms since 1970. */
  readonly now: number;
  /** Ends the sweep before its time. */
  readonly signal: AbortSignal;
}

/** Removes what is over at `now`. Gives how many files that were. */
export async function sweepExports(storage: Storage, { now, signal }: ExportSweep): Promise<number> {
  let removed = 0;
  for await (const file of storage.list('')) {
    if (signal.aborted) break;
    for (const key of await keysToRemove(storage, file, now)) {
      await storage.delete(key);
      removed += 1;
    }
  }
  return removed;
}

/** The description goes last: it is what tells that there is something to remove. */
async function keysToRemove(storage: Storage, { key, isDraft, writtenMs }: StoredFile, now: number): Promise<string[]> {
  const isLeftBehind = (isDraft || key.includes('/parts/')) && writtenMs < now - LEFT_BEHIND_MS;
  if (isLeftBehind) return [key];
  if (isDraft || !key.endsWith(SIDECAR_END)) return [];
  const expiresMs = await expiryOf(storage, key);
  return expiresMs < now ? [key.slice(0, -SIDECAR_END.length), key] : [];
}

/** Never, for a description that cannot be read. */
async function expiryOf(storage: Storage, key: string): Promise<number> {
  try {
    return Date.parse(exportSidecar.parse(JSON.parse(await textOf(storage.get(key)))).expiresAt);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
