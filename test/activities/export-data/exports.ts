/** Owns how a test exports: in folders of its own, through the contract's schema, with a context that keeps checkpoints. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportCleanUp, exporter, exportHandler, type ExportSettings } from '../../../src/activities/export-data/export-data.ts';
import type { HandlerServices, JobOutcome } from '../../../src/activities/handle.ts';
import { keptCheckpoint } from '../../../src/contract/checkpoint.ts';
import type { InputOf, OutputOf } from '../../../src/contract/define-job.ts';
import { nextProgress, type Progress } from '../../../src/contract/progress.ts';
import { parseInput, parseOutput } from '../../../src/contract/validate.ts';
import { type ExportCheckpoint, exportData, type ExportSidecar, exportSidecar } from '../../../src/jobs/export-data.ts';

type Input = InputOf<typeof exportData>;
type Result = OutputOf<typeof exportData>;

export interface Run {
  readonly signal?: AbortSignal;
  readonly jobId?: string;
  /** What the attempt before kept. */
  readonly checkpoint?: ExportCheckpoint | undefined;
  readonly onCheckpoint?: (checkpoint: ExportCheckpoint) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly settings?: Partial<ExportSettings>;
  /** @default the exporter's own */
  readonly partBytes?: number;
  readonly outcomeOf?: (jobId: string) => JobOutcome | undefined;
}

export interface Exported {
  readonly result: Result;
  readonly content: Buffer;
  readonly text: string;
  readonly path: string;
  readonly sidecar: ExportSidecar;
}

/** Folders of one test file. */
export class ExportBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-exports-')));
  readonly storage = join(this.root, 'storage');
  readonly files = join(this.root, 'files');
  #settings: Partial<ExportSettings> = {};
  #jobs = 0;

  constructor() {
    mkdirSync(this.files);
  }

  use(settings: Partial<ExportSettings>): void {
    this.#settings = settings;
  }

  /** The file of a job of its own, unless it is given the id of one. */
  async export(input: Input, run: Run = {}): Promise<Exported> {
    const result = await parseOutput(exportData, await this.#handle(input, run));
    const path = join(this.storage, result.key);
    const content = readFileSync(path);
    const sidecar = exportSidecar.parse(JSON.parse(readFileSync(join(this.storage, result.sidecar), 'utf8')));
    return { result, content, text: content.toString('utf8'), path, sidecar };
  }

  async #handle(input: Input, run: Run): Promise<unknown> {
    let progress: Progress | undefined;
    const parsed = await parseInput(exportData, input);
    this.#jobs += 1;
    const services: HandlerServices = { outcomeOf: async (id) => await Promise.resolve(run.outcomeOf?.(id)) };
    const rule = { type: exportData.name, schema: exportData.checkpoint };
    return await exportHandler(this.#exporter(run))(
      parsed,
      {
        jobId: run.jobId ?? `job-${this.#jobs}`,
        type: exportData.name,
        attempt: 1,
        maxAttempts: 3,
        idempotencyKey: 'key',
        signal: run.signal ?? new AbortController().signal,
        lastCheckpoint: run.checkpoint,
        progress: (report, message) => {
          progress = nextProgress(progress, report, message);
          run.onProgress?.(progress);
        },
        checkpoint: (value) => run.onCheckpoint?.(keptCheckpoint(value, rule) as ExportCheckpoint),
      },
      services,
    );
  }

  #exporter({ settings, partBytes }: Run) {
    const own = exporter({ storage: this.storage, folders: [this.files], ...this.#settings, ...settings });
    return partBytes === undefined ? own : { ...own, partBytes };
  }

  /** What the clean-up of a job that failed or was cancelled does. */
  async cleanUp(input: Input, jobId: string): Promise<void> {
    const { onCancel } = exportCleanUp(this.#exporter({}));
    const context = {
      jobId,
      type: exportData.name,
      attempt: 1,
      maxAttempts: 3,
      idempotencyKey: 'key',
      signal: new AbortController().signal,
    };
    await onCancel?.(await parseInput(exportData, input), { ...context, progress: null, lastCheckpoint: undefined });
  }

  /** Writes a file that may be exported. Gives its path. */
  file(name: string, content: string | Buffer): string {
    const path = join(this.files, name);
    writeFileSync(path, content);
    return path;
  }

  /** Every file in the storage. */
  stored(): string[] {
    const entries = readdirSync(this.storage, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
