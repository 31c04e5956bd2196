/** Owns `holdfast add`: a job whose input is written as flags, as JSON, or stands in a file. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { AddOptions } from '../../contract/add-options.ts';
import { type JsonSchema, jsonSchemas } from '../../contract/json-schema.ts';
import { JobError } from '../../contract/errors.ts';
import { type PlaceFlags, withJobs } from '../connect.ts';
import type { Host } from '../host.ts';
import { contractNamed, knownContracts } from '../known-contracts.ts';
import { flagsOf, inputOfFlags } from '../schema-flags.ts';
import { Screen } from '../screen.ts';
import { defused } from '../text.ts';
import { jsonOf } from './act.ts';
import { followToEnd } from './follow.ts';

export interface AddFlags extends PlaceFlags {
  readonly jobs?: string;
  /** JSON, `@file`, or `-` for standard input. */
  readonly input?: string;
  readonly wait?: true;
  readonly watch?: true;
  readonly options: AddOptions;
}

/** Adds a job of the type; `words` are the flags of its input. */
export async function addJob(
  type: string,
  { words, flags }: { readonly words: readonly string[]; readonly flags: AddFlags },
  host: Host,
): Promise<number> {
  const contract = contractNamed(type, await knownContracts(flags.jobs, host.cwd));
  const input = await inputFor(words, jsonSchemas(contract).input, { given: flags.input, host });
  return await withJobs(flags, host, async (place) => {
    const job = await place.jobs.add(contract, input, flags.options);
    const isFollowed = flags.wait === true || flags.watch === true;
    if (flags.json === true && !isFollowed) host.out.write(`${JSON.stringify({ id: job.id, deduplicated: job.deduplicated })}\n`);
    if (flags.json !== true) host.out.write(`${defused(job.id)}\n`);
    if (!isFollowed) return 0;
    // Quiet: progress is for whoever asked to watch.
    const screen = new Screen(flags.watch === true ? host.out : host.err);
    return await followToEnd(job.id, place, { flags, host, screen });
  });
}

/** The flags that a type takes, in lines. */
export async function typeHelp(type: string, module: string | undefined, host: Host): Promise<number> {
  const contract = contractNamed(type, await knownContracts(module, host.cwd));
  const schema = jsonSchemas(contract).input;
  const flags = schema === undefined ? [] : flagsOf(schema);
  const width = Math.max(0, ...flags.map(({ flag }) => flag.length));
  const lines = flags.map(({ flag, about }) => `  ${flag.padEnd(width)}  ${about}`.trimEnd());
  host.out.write(
    `${[`Fields of ${contract.name} (queue ${contract.queue}):`, ...(lines.length === 0 ? ['  any JSON: --input'] : lines)].join('\n')}\n`,
  );
  return 0;
}

interface Given {
  readonly given: string | undefined;
  readonly host: Host;
}

async function inputFor(words: readonly string[], schema: JsonSchema | undefined, { given, host }: Given): Promise<unknown> {
  if (given !== undefined) {
    if (words.length > 0)
      throw new JobError('invalid-options', `Expected the input as --input or as flags, got both: --input and ${words[0] ?? ''}.`);
    return jsonOf(
      given === '-'
        ? await textOf(process.stdin)
        : given.startsWith('@')
          ? await readFile(resolve(host.cwd, given.slice(1)), 'utf8')
          : given,
    );
  }
  if (words.length > 0 && schema === undefined)
    throw new JobError('invalid-options', 'The schema of this type does not tell its fields. Give the input as JSON: --input.');
  return inputOfFlags(words, schema ?? {});
}
