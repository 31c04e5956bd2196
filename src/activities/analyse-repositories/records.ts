/** Owns the cutting of git's output into records that end with NUL. Memory is one chunk and one unfinished record. */
import { JobError } from '../../contract/errors.ts';

const NUL = 0;
/** No file name, person or list of parents of a sane repository is longer. */
const MAX_RECORD_BYTES = 64 * 1024;

/**
 * Calls `onRecord` for each record, without its NUL. The buffer is valid during the call only.
 * @throws JobError `limit-exceeded` when a record is over 64 KB
 */
export async function readRecords(output: AsyncIterable<Buffer>, onRecord: (record: Buffer) => void): Promise<void> {
  let unfinished = Buffer.alloc(0);
  for await (const chunk of output) {
    const data = unfinished.length === 0 ? chunk : Buffer.concat([unfinished, chunk]);
    let start = 0;
    for (let end = data.indexOf(NUL); end !== -1; end = data.indexOf(NUL, start)) {
      onRecord(data.subarray(start, end));
      start = end + 1;
    }
    unfinished = Buffer.from(data.subarray(start));
    if (unfinished.length > MAX_RECORD_BYTES) {
      throw new JobError('limit-exceeded', `The repository has a name or a list of parents of more than ${MAX_RECORD_BYTES} bytes.`);
    }
  }
}
