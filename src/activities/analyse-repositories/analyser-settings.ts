/** Owns what the operator of a worker decides about the analyses on it. Plain data: it is handed to the thread of each analysis. */
export interface AnalyserSettings {
  /** Local sources must lie, links resolved, inside one of these folders. Empty: no local source is accepted. */
  readonly allowedRoots: readonly string[];
  /** Folder for clones, made when it is missing. Each analysis has a folder of its own in it and removes it. */
  readonly workDir: string;
  /**
   * Disk, in MB, that `<workDir>/cache` may take for what an analysis keeps for the next one of the same repository: what it
   * read, and the clone of a source behind https. Those that were used longest ago go first. 0: nothing is kept. @default 1024
   */
  readonly cacheMb?: number;
  /** Each analysis appends `start|end <jobId> <source> attempt <n>` to this file. @default none is kept */
  readonly analysisLog?: string;
  /**
   * Hosts with private addresses are accepted too. Needed behind a proxy, which resolves names itself.
   * Consequence: a job can reach every https server of the worker's network. @default false
   */
  readonly allowPrivateHosts?: boolean;
  /** Added to git's otherwise empty environment, for example `{ https_proxy: '…', GIT_SSL_CAINFO: '…' }`. @default {} */
  readonly gitEnvironment?: Readonly<Record<string, string>>;
  /** Memory that one git process may take; a repository that needs more fails with `limit-exceeded`. Kept on Linux. @default 1024 */
  readonly gitMemoryMb?: number;
  /**
   * Memory, in MB, that one analysis may take in the worker's process; a repository that needs more fails with
   * `limit-exceeded`, and nothing else suffers. @default 1024
   */
  readonly memoryMb?: number;
}
