/** Owns the commands about batches: their options and help. What they do is in `jobs/batch.ts`, loaded when it is called. */
import { type Command, Option } from 'commander';
import type { AddBatchOptions } from '../client.ts';
import { ITEM_STATUSES } from '../contract/batch-items.ts';
import type { Host } from './host.ts';
import { noted, numberValue, placed, priorityValue, type Run } from './job-commands.ts';
import type { AddBatchFlags, ItemFlags } from './jobs/batch.ts';
import type { NoteFlags } from './jobs/act.ts';
import type { PlaceFlags } from './connect.ts';

const EXAMPLES = `
Examples:
  holdfast batch add index-document documents.ndjson --name 'all documents' --wait
  holdfast batch items <id> --status failed
  holdfast batch items <id> --results > results.ndjson
  holdfast batch retry-failed <id>

A batch is a job: get, watch, result, cancel, retry and delete take its id.`;

interface AddCommandFlags extends PlaceFlags, Omit<AddBatchFlags, 'options'> {
  readonly tag?: readonly string[];
}

const ADD_OPTIONS = [
  'name',
  'concurrency',
  'onItemFailure',
  'delay',
  'priority',
  'key',
  'maxAttempts',
  'timeout',
  'queue',
  'tenant',
] as const;

/** Adds the commands to the program. */
export function addBatchCommands(program: Command, host: Host, run: Run): void {
  const batch = program.command('batch').description('One job with up to a million items.').addHelpText('after', EXAMPLES);
  placed(batch.command('add').description('Adds a batch: its items are the lines of JSON of a file.'))
    .argument('<type>', 'the job type')
    .argument('<file>', 'a file of JSON lines, or - for standard input')
    .option('--jobs <module>', 'file or package whose export "jobs" has the type (default: of holdfast.config)')
    .option('--name <text>', 'what people call it')
    .option('--concurrency <number>', 'items that run at the same time in all', numberValue)
    .addOption(
      new Option('--on-item-failure <word>', 'what a failed item means to the others').choices(['continue', 'stop', 'cancel-rest']),
    )
    .option('--wait', 'wait for its end')
    .option('--watch', 'show it until its end')
    .option('--delay <duration>', 'not before this long from now')
    .option('--priority <name>', 'highest, high, normal, low, lowest or a number', priorityValue)
    .option('--key <text>', 'whose turn it is among the waiting')
    .option('--max-attempts <number>', 'failures until an item has failed', numberValue)
    .option('--timeout <duration>', 'longest time for one attempt of an item')
    .option('--tag <word...>', 'words to find it by')
    .option('--queue <name>', 'the queue it waits in')
    .option('--tenant <name>', 'whose it is')
    .action(async (type: string, file: string, flags: AddCommandFlags & AddBatchOptions) => {
      const given = ADD_OPTIONS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const]));
      const options: AddBatchOptions = { ...Object.fromEntries(given), ...(flags.tag === undefined ? {} : { tags: flags.tag }) };
      await run(flags, async () => await (await acts()).addBatch(type, { file, flags: { ...flags, options } }, host));
    });
  placed(batch.command('get').description('How far a batch is: its items by how they stand, and when it is done.'))
    .argument('<id>')
    .action(async (id: string, flags: PlaceFlags) => await run(flags, async () => await (await acts()).getBatch(id, flags, host)));
  placed(batch.command('items').description('The items of a batch, in order.'))
    .argument('<id>')
    .addOption(new Option('--status <status>').choices(ITEM_STATUSES))
    .option('--from <number>', 'the first item that is looked at (default: 0)', numberValue)
    .option('--limit <number>', 'items of a page, 1–500 (default: 50)', numberValue)
    .option('--results', 'all that have ended, a line of JSON each')
    .action(async (id: string, flags: ItemFlags) => await run(flags, async () => await (await acts()).listItems(id, flags, host)));
  noted(batch.command('retry-failed').description('Does again what batches have not completed, and nothing else.'))
    .argument('<ids...>')
    .action(async (ids: string[], flags: NoteFlags) => await run(flags, async () => await (await acts()).retryFailed(ids, flags, host)));
}

async function acts() {
  return await import('./jobs/batch.ts');
}
