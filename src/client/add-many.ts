/** Owns the adding of many jobs by one call: as many at a time as a client takes, each by itself. */
import type { AddOptions } from '../contract/add-options.ts';
import { invalidOption } from '../contract/options.ts';

/** What names one job cannot be said of many. */
const OF_ONE = ['dedupeKey', 'idempotencyKey'] as const;

/** Inputs of jobs of one type, and what is said with each. */
export interface ManyAdds<Input> {
  readonly inputs: Iterable<Input> | AsyncIterable<Input>;
  readonly options: AddOptions | undefined;
}

/**
 * Adds a job for each input, `atOnce` at a time; what became of each, in the order of the inputs. Rejects when the inputs cannot be
 * read to their end, once those that were read are settled.
 * @throws JobError `invalid-options`
 */
export async function addEach<Input, Job>(
  { inputs, options = {} }: ManyAdds<Input>,
  add: (input: Input) => Promise<Job>,
  atOnce: number,
): Promise<PromiseSettledResult<Job>[]> {
  for (const key of OF_ONE) if (options[key] !== undefined) throw invalidOption(key, 'left out: it is of one job', options[key]);
  const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const settled: PromiseSettledResult<Job>[] = [];
  let taken = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const index = taken;
      taken += 1;
      const next = await iterator.next();
      if (next.done === true) return;
      const [end] = await Promise.allSettled([add(next.value)]);
      settled[index] = end;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failed = lanes.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled;
}
