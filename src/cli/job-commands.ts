/** Owns the commands about jobs: their options and help. What they do is in `jobs/`, loaded when it is called. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ListOptions } from '../client.ts';
import type { AddOptions } from '../contract/add-options.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../contract/snapshot.ts';
import type { PlaceFlags } from './connect.ts';
import type { Host } from './host.ts';
import type * as acts from './jobs/act.ts';
import type { CleanUpFlags, NoteFlags } from './jobs/act.ts';
import type { AddFlags } from './jobs/add.ts';
import type { WatchFlags } from './jobs/follow.ts';
import type { OverviewFlags } from './jobs/overview.ts';

/** Runs a command and keeps its exit code. */
export type Run = (flags: { readonly verbose?: true }, command: () => Promise<number>) => Promise<void>;

const STATUSES = [...OPEN_STATUSES, ...TERMINAL_STATUSES];
const ADD_EXAMPLES = `
Examples:
  holdfast add send-notification --webhook.url https://a.example --webhook.type paid
  holdfast add greet --jobs ./dist/jobs.js --name Ada --delay 10m --wait
  holdfast add greet --jobs ./dist/jobs.js --input '{"name": "Ada"}'
  holdfast add greet --jobs ./dist/jobs.js --fields      what it takes

A field that is called as an option is given as JSON. With --wait the exit code
is 0 when the job completed, 1 when it failed or was cancelled.`;

/** Adds the commands to the program. */
export function addJobCommands(program: Command, host: Host, run: Run): void {
  addAdding(program, host, run);
  addReading(program, host, run);
  addActing(program, host, run);
  addOverview(program, host, run);
}

/** Options of every command about jobs. */
export function placed(command: Command): Command {
  return command
    .option('--server <url>', 'a Holdfast server, reached with the key in HOLDFAST_KEY (default: HOLDFAST_SERVER, else Temporal itself)')
    .option('--key-file <file>', 'file with the key')
    .option('--address <host:port>', 'Temporal (default: TEMPORAL_ADDRESS, a profile, or the server of "holdfast dev")')
    .option('--namespace <name>', 'its namespace')
    .option('--json', 'print JSON')
    .option('--verbose', 'show the stack of an error');
}

interface AddCommandFlags extends PlaceFlags, Omit<AddFlags, 'options'> {
  readonly fields?: true;
  readonly many?: string;
  readonly tag?: readonly string[];
}

const ADD_OPTIONS = [
  'delay',
  'runAt',
  'priority',
  'key',
  'maxAttempts',
  'timeout',
  'deadline',
  'expiresIn',
  'queue',
  'dedupeKey',
  'idempotencyKey',
  'tenant',
] as const;

function addAdding(program: Command, host: Host, run: Run): void {
  placed(program.command('add').summary('add a job').description('Adds a job. Its input is written as flags of its fields, or as JSON.'))
    .argument('<type>', 'the job type')
    .argument('[fields...]', 'the input: --field value')
    .allowUnknownOption()
    .passThroughOptions(false)
    .option('--jobs <module>', 'file or package whose export "jobs" has the type (default: of holdfast.config)')
    .option('--input <json>', 'the input as JSON, @file, or - for standard input')
    .option('--many <file>', 'a job for each line of a file of JSON, or - for standard input')
    .option('--fields', 'show what the type takes, and add nothing')
    .option('--wait', 'wait for the end of the job')
    .option('--watch', 'show it until its end')
    .option('--delay <duration>', 'not before this long from now')
    .option('--run-at <time>', 'not before this time: ISO 8601 with its zone')
    .option('--priority <name>', 'highest, high, normal, low, lowest or a number', priorityValue)
    .option('--key <text>', 'whose turn it is among the waiting')
    .option('--max-attempts <number>', 'failures until it has failed', numberValue)
    .option('--timeout <duration>', 'longest time for one attempt')
    .option('--deadline <duration>', 'longest time for the whole job')
    .option('--expires-in <duration>', 'longest wait for a worker')
    .option('--tag <word...>', 'words to find it by')
    .option('--queue <name>', 'the queue it waits in')
    .option('--dedupe-key <text>', 'adds with the same key are one job')
    .option('--idempotency-key <text>', 'repeats of this add are one job')
    .option('--tenant <name>', 'whose job it is')
    .addHelpText('after', ADD_EXAMPLES)
    .action(async (type: string, fields: string[], flags: AddCommandFlags & AddOptions) => {
      await run(flags, async () => {
        const { addJob, typeHelp } = await import('./jobs/add.ts');
        if (flags.fields === true) return await typeHelp(type, flags.jobs, host);
        const given = ADD_OPTIONS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const]));
        const options: AddOptions = { ...Object.fromEntries(given), ...(flags.tag === undefined ? {} : { tags: flags.tag }) };
        if (flags.many !== undefined)
          return await (await import('./jobs/add-many.ts')).addManyJobs(type, { file: flags.many, flags: { ...flags, options } }, host);
        return await addJob(type, { words: fields, flags: { ...flags, options } }, host);
      });
    });
}

interface ListFlags extends PlaceFlags, Pick<ListOptions, (typeof FILTER_NAMES)[number]> {
  readonly tag?: readonly string[];
  readonly page?: string;
}

const FILTER_NAMES = [
  'batch',
  'parent',
  'status',
  'type',
  'queue',
  'idPrefix',
  'addedAfter',
  'addedBefore',
  'limit',
  'tenant',
  'key',
  'error',
] as const;

function addReading(program: Command, host: Host, run: Run): void {
  placed(program.command('get').description('Shows everything about a job: status, why it is not running, attempts, input, output.'))
    .argument('<id>')
    .action(
      async (id: string, flags: PlaceFlags) => await run(flags, async () => await (await import('./jobs/show.ts')).getJob(id, flags, host)),
    );
  placed(program.command('list').description('Lists jobs, newest first.'))
    .addOption(new Option('--status <status>').choices(STATUSES))
    .option('--type <name>')
    .option('--queue <name>')
    .option('--tag <word...>', 'jobs that have all of these')
    .option('--key <text>', 'added with this key')
    .option('--tenant <name>')
    .option('--error <text>', 'failed with this code, or with this in the message')
    .option('--id-prefix <text>', 'what the id begins with')
    .option('--added-after <time>', 'ISO 8601 with its zone')
    .option('--added-before <time>')
    .option('--batch', 'batches only')
    .option('--parent <id>', 'started by this job')
    .option('--limit <number>', 'rows of a page, 1–500 (default: 50)', numberValue)
    .option('--page <token>', 'the page that the one before has named')
    .action(async (flags: ListFlags) => {
      const given = FILTER_NAMES.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const]));
      const options = {
        ...Object.fromEntries(given),
        ...(flags.tag === undefined ? {} : { tags: flags.tag }),
        ...(flags.page === undefined ? {} : { pageToken: flags.page }),
      };
      await run(flags, async () => await (await import('./jobs/show.ts')).listJobs(options, flags, host));
    });
  placed(program.command('watch').description('Shows jobs until they end: those that are named, or the open ones.'))
    .argument('[ids...]')
    .option('--type <name>', 'open jobs of this type')
    .option('--queue <name>', 'open jobs of this queue')
    .action(
      async (ids: string[], flags: WatchFlags) =>
        await run(flags, async () => await (await import('./jobs/follow.ts')).watchJobs(ids, flags, host)),
    );
  placed(program.command('result').description('Waits for the end of a job and prints what its handler returned.'))
    .argument('<id>')
    .action(
      async (id: string, flags: PlaceFlags) =>
        await run(flags, async () => await (await import('./jobs/follow.ts')).printResult(id, flags, host)),
    );
}

export function noted(command: Command): Command {
  return placed(command)
    .option('--reason <text>', 'kept in the record of the job')
    .option('--actor <name>', 'who does it (default: your user name)');
}

type Acts = typeof acts;

function addActing(program: Command, host: Host, run: Run): void {
  const act = <Flags extends NoteFlags>(command: Command, choose: (acts: Acts, flags: Flags) => Parameters<Acts['actOn']>[1]): void => {
    noted(command.argument('<ids...>')).action(async (ids: string[], flags: Flags) => {
      await run(flags, async () => {
        const loaded = await import('./jobs/act.ts');
        return await loaded.actOn(ids, choose(loaded, flags), { flags, host });
      });
    });
  };
  act(program.command('cancel').description('Asks jobs to stop. Twice is harmless.'), ({ cancelling }) => cancelling);
  const retry = program
    .command('retry')
    .description('Makes a new run of jobs that have failed or were cancelled.')
    .addOption(new Option('--from <place>', 'where it goes on').choices(['checkpoint', 'start']))
    .option('--input <json>', 'another input');
  act<NoteFlags & { from?: 'checkpoint' | 'start'; input?: string }>(retry, ({ retrying }, flags) => retrying(flags));
  act(program.command('run-now').description('Starts delayed jobs now.'), ({ runningNow }) => runningNow);
  const postpone = program
    .command('postpone')
    .description('Gives delayed jobs another time to start at.')
    .option('--until <time>', 'ISO 8601 with its zone')
    .option('--delay <duration>', 'from now');
  act<NoteFlags & { until?: string; delay?: string }>(postpone, ({ postponing }, flags) => postponing(flags));
  act(program.command('delete').description('Removes finished jobs and their records for good.'), ({ deleting }) => deleting);
  placed(program.command('cleanup').description('Removes finished jobs that were added longer ago than a time.'))
    .requiredOption('--older-than <duration>', 'such as 7d')
    .addOption(new Option('--status <status>').choices(TERMINAL_STATUSES))
    .option('--type <name>')
    .option('--queue <name>')
    .option('--dry-run', 'only say how many')
    .action(async (flags: CleanUpFlags) => await run(flags, async () => await (await import('./jobs/act.ts')).cleanUp(flags, host)));
}

function addOverview(program: Command, host: Host, run: Run): void {
  const filtered = (command: Command): Command => placed(command).option('--type <name>').option('--queue <name>');
  filtered(program.command('stats').description('How many jobs of each status there are, and what the workers did.')).action(
    async (flags: OverviewFlags) => await run(flags, async () => await (await overview()).showStats(flags, host)),
  );
  filtered(program.command('errors').description('Errors of attempts, the most frequent first.')).action(
    async (flags: OverviewFlags) => await run(flags, async () => await (await overview()).showErrors(flags, host)),
  );
  placed(program.command('queues').description('How much waits in each queue, and who serves it.')).action(
    async (flags: PlaceFlags) => await run(flags, async () => await (await overview()).showQueues(flags, host)),
  );
  placed(program.command('doctor').description('What is wrong with the server, the workers and this machine, and how to mend it.')).action(
    async (flags: PlaceFlags) => await run(flags, async () => await (await import('./doctor.ts')).doctor(flags, host)),
  );
  placed(program.command('workers').description('The processes that serve queues.')).action(
    async (flags: PlaceFlags) => await run(flags, async () => await (await overview()).showWorkers(flags, host)),
  );
}

async function overview() {
  return await import('./jobs/overview.ts');
}

export function numberValue(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number.');
}

export function priorityValue(text: string): string | number {
  return /^-?\d{1,4}$/.test(text) ? Number(text) : text;
}
