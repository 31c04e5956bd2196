/** Owns `holdfast add --many`: a job for each line of a file of JSON lines. */
import { asJobError, messageOf } from '../../contract/errors.ts';
import { withJobs } from '../connect.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import { contractNamed, knownContracts } from '../known-contracts.ts';
import { linesOf } from '../json-lines.ts';
import { defused } from '../text.ts';
import { jsonOf } from './act.ts';
import type { AddFlags } from './add.ts';

/** What became of a line. */
interface Line {
  readonly number: number;
  readonly error?: unknown;
}

/** Adds a job of the type for each line of `file`, or of standard input for `-`; tells the id of each, and what is wrong with the others. */
export async function addManyJobs(
  type: string,
  { file, flags }: { readonly file: string; readonly flags: AddFlags },
  host: Host,
): Promise<number> {
  const contract = contractNamed(type, await knownContracts(flags.jobs, host.cwd));
  return await withJobs(flags, host, async ({ jobs }) => {
    const [added, refused]: [Line[], Line[]] = [[], []];
    const ends = await jobs.addMany(contract, inputsOf(file, { added, refused, host }), flags.options);
    const ids: { readonly line: number; readonly id: string }[] = [];
    for (const [index, end] of ends.entries()) {
      const { number } = added[index] ?? { number: 0 };
      if (end.status === 'fulfilled') ids.push({ line: number, id: end.value.id });
      else refused.push({ number, error: end.reason });
    }
    for (const { line, id } of ids) host.out.write(flags.json === true ? `${JSON.stringify({ line, id })}\n` : `${defused(id)}\n`);
    return sayRefused(
      refused.toSorted((one, other) => one.number - other.number),
      { flags, host },
    );
  });
}

interface Reading {
  readonly added: Line[];
  readonly refused: Line[];
  readonly host: Host;
}

/** The inputs of the lines that are JSON; of each of these its number is kept, in their order. */
async function* inputsOf(file: string, { added, refused, host }: Reading): AsyncGenerator {
  for await (const { number, text } of linesOf(file, host)) {
    try {
      const input = jsonOf(text);
      added.push({ number });
      yield input;
    } catch (error) {
      refused.push({ number, error });
    }
  }
}

/** The exit code of the first line that was refused; 0 for none. */
function sayRefused(refused: readonly Line[], { flags, host }: { readonly flags: AddFlags; readonly host: Host }): number {
  for (const { number, error } of refused) {
    const { code = 'internal' } = asJobError(error) ?? {};
    if (flags.json === true) host.out.write(`${JSON.stringify({ line: number, error: { code, message: messageOf(error) } })}\n`);
    else host.err.write(`line ${number}: ${defused(messageOf(error))}\n`);
  }
  return refused.length === 0 ? 0 : exitCodeOf(asJobError(refused[0]?.error)?.code);
}
