/** Owns how notices and downloads look: a bar that is redrawn on a terminal, plain lines anywhere else. */
import type { DownloadProgress } from './download.ts';

/** What is needed of a stream; `process.stderr` fits. */
export interface ReportStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const WIDTH = 28;
const REDRAW_MS = 100;

/**
 * Callbacks for `startEmbedded` and `findServerBinary` that write to `stream`.
 * @example await startEmbedded({ env: process.env, ...reportTo(process.stderr) });
 */
export function reportTo(stream: ReportStream): { onNotice: (line: string) => void; onProgress: (progress: DownloadProgress) => void } {
  let isBarOpen = false;
  let drawnAt = 0;
  return {
    onNotice: (line) => {
      stream.write(`${isBarOpen ? '\n' : ''}${line}\n`);
      isBarOpen = false;
    },
    // Without a terminal the notices before and after the download say enough.
    onProgress: (progress) => {
      const isDone = progress.receivedBytes === progress.totalBytes;
      if (stream.isTTY !== true || (!isDone && Date.now() - drawnAt < REDRAW_MS)) return;
      drawnAt = Date.now();
      isBarOpen = true;
      stream.write(`\r\u001B[2K${drawBar(progress)}`);
    },
  };
}

function drawBar({ label, receivedBytes, totalBytes }: DownloadProgress): string {
  if (totalBytes === undefined) return `${label}  ${megabytes(receivedBytes)}`;
  const share = Math.min(1, receivedBytes / totalBytes);
  const filled = Math.round(share * WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  return `${label}  ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${megabytes(receivedBytes)} of ${megabytes(totalBytes)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
