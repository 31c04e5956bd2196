/** Owns how a test runs the analyser: in folders of its own, through the contract's schema, with a context that records. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Handler, HandlerContext } from '../../../src/activities/handle.ts';
import type { AnalyserSettings } from '../../../src/activities/analyse-repositories/analyser-settings.ts';
import { analyseRepositoryHandler } from '../../../src/activities/analyse-repositories/analyse-repository.ts';
import type { InputOf } from '../../../src/contract/define-job.ts';
import { parseInput, parseOutput } from '../../../src/contract/validate.ts';
import { analyseRepository, type RepositoryReport } from '../../../src/jobs/analyse-repositories.ts';

export interface Run {
  readonly signal?: AbortSignal;
  readonly attempt?: number;
  readonly jobId?: string;
  readonly onProgress?: (percent: number, message: string) => void;
  readonly settings?: Partial<AnalyserSettings>;
}

/** Folders of one test file. Nothing is kept from one analysis for the next, unless the settings of a run say so. */
export class Bench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-analysis-')));
  readonly workDir = join(this.root, 'work');
  readonly repositories = join(this.root, 'repositories');

  constructor() {
    mkdirSync(this.workDir);
    mkdirSync(this.repositories);
  }

  /** The report, checked against the contract. */
  async analyse(input: InputOf<typeof analyseRepository>, run: Run = {}): Promise<RepositoryReport> {
    const parsed = await parseInput(analyseRepository, input);
    const report = await this.#handler(run)(parsed, contextOf(run));
    return await parseOutput(analyseRepository, report);
  }

  /** What the handler does with a source that never saw the contract's schema. */
  async analyseUnchecked(source: string): Promise<RepositoryReport> {
    const options = { window: 4, timeLimitMs: 60_000, maxDiskMb: 10, maxEntries: 1000 };
    return await this.#handler({})({ repository: { source, name: 'x' }, options, detailBytes: 5000 }, contextOf({}));
  }

  #handler(run: Run): Handler<typeof analyseRepository> {
    return analyseRepositoryHandler({ allowedRoots: [this.repositories], workDir: this.workDir, cacheMb: 0, ...run.settings });
  }

  /** Writes a file under the root. */
  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  replaceByLink(path: string, target: string): void {
    rmSync(join(this.root, path), { recursive: true });
    symlinkSync(target, join(this.root, path));
  }

  /** Everything that an analysis left behind. */
  leftovers(): string[] {
    return readdirSync(this.workDir, { recursive: true }).map(String);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A handler's context that records nothing. */
export function contextOf({ signal = new AbortController().signal, attempt = 1, jobId = 'job-1', onProgress }: Run): HandlerContext {
  return {
    jobId,
    type: 'analyse-repository',
    attempt,
    maxAttempts: 3,
    idempotencyKey: jobId,
    signal,
    lastCheckpoint: undefined,
    progress: (report, message) => onProgress?.(typeof report === 'number' ? report : (report.done / report.total) * 100, message ?? ''),
    checkpoint: () => {},
  };
}
