/** Owns what a command gets of the process it runs in, so that no command reads it itself and tests can hand in their own. */
import type { Environment } from '../config.ts';

/** A stream that may be a terminal; `process.stdout` fits. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  hasColors?(): boolean;
}

export interface Host {
  readonly env: Environment;
  /** The working directory. */
  readonly cwd: string;
  readonly out: OutputStream;
  readonly err: OutputStream;
  /** Aborted by the first Ctrl-C or SIGTERM: end, without loss. The second one ends the process. */
  readonly interrupted: AbortSignal;
}

/** Resolves when the process was asked to end; at once when it was before. */
export function untilInterrupted({ interrupted }: Host): Promise<undefined> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve(undefined);
    else interrupted.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
