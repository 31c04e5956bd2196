/** Owns the lines of a file, or of standard input for `-`, as commands read them. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { JobError, messageOf } from '../contract/errors.ts';
import type { Host } from './host.ts';

export interface FileLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The lines that are not empty. @throws JobError `invalid-options` when the file cannot be read */
export async function* linesOf(file: string, { cwd }: Host): AsyncGenerator<FileLine, void, undefined> {
  const stream = file === '-' ? process.stdin : createReadStream(resolve(cwd, file));
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  try {
    for (let number = 1; ; number += 1) {
      const next = await lines.next().catch((error: unknown) => {
        throw new JobError('invalid-options', `The file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
      });
      if (next.done === true) return;
      if (next.value.trim() !== '') yield { number, text: next.value };
    }
  } finally {
    await lines.return?.();
  }
}
