/**
 * Owns the files of operations: of each its state, replaced as it goes, and a line for each job. They outlive the process: an
 * operation that was under way when it died is gone on with.
 */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import type { operation, operationResult } from '../../api/schemas/operations.ts';
import { replaceFile } from '../../embedded/server-file.ts';

export type Operation = z.output<typeof operation>;
export type OperationResult = z.output<typeof operationResult>;
/** What is kept besides what is shown. */
export interface KeptOperation extends Operation {
  /** Whose it is; absent for one of no tenant. */
  readonly tenant?: string;
}

const STATE = '.json';
const RESULTS = '.ndjson';
const PRIVATE = { mode: 0o600 } as const;

export class OperationFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<OperationFiles> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new OperationFiles(folder);
  }

  /** All that are kept, in no order. A file that cannot be read is left out. */
  async all(): Promise<KeptOperation[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(STATE));
    const found = await Promise.all(names.map(async (name) => await readState(join(this.#folder, name))));
    return found.filter((operation) => operation !== undefined);
  }

  async keep(operation: KeptOperation): Promise<void> {
    await replaceFile(this.#file(operation.id, STATE), `${JSON.stringify(operation)}\n`);
  }

  async addResults(id: string, results: readonly OperationResult[]): Promise<void> {
    if (results.length === 0) return;
    await appendFile(this.#file(id, RESULTS), results.map((result) => `${JSON.stringify(result)}\n`).join(''), PRIVATE);
  }

  /** The results so far. A line that a crash has cut short is left out. */
  async *results(id: string): AsyncGenerator<OperationResult> {
    const file = createReadStream(this.#file(id, RESULTS), 'utf8');
    try {
      for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
        const result = parsed<OperationResult>(line);
        if (result !== undefined) yield result;
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    } finally {
      file.destroy();
    }
  }

  async remove(id: string): Promise<void> {
    await Promise.all([STATE, RESULTS].map(async (ending) => await rm(this.#file(id, ending), { force: true })));
  }

  #file(id: string, ending: string): string {
    return join(this.#folder, `${id}${ending}`);
  }
}

async function readState(file: string): Promise<KeptOperation | undefined> {
  return parsed(await readFile(file, 'utf8').catch(() => ''));
}

function parsed<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
