/**
 * Owns the command line: commands, options, help, exit codes. A command is loaded when it is called, so that `--help` and a
 * mistyped option answer at once.
 *
 * Exit codes: 0 done · 1 failed: a job that was waited for, or whatever it was · 2 the command line is wrong · 3 not there · 4 Temporal or
 * the server does not answer · 130 interrupted.
 */
import { Argument, Command, CommanderError, Option } from 'commander';
import { ROLES } from '../api/roles.ts';
import type { AddKeyOptions, KeysOptions, LoginOptions } from './keys.ts';
import type { DevServerOptions } from './dev-server.ts';
import type { Host } from './host.ts';
import { addBatchCommands } from './batch-commands.ts';
import { addJobCommands, type Run } from './job-commands.ts';
import { concurrencyValue, portValue, type Queues, queueValue } from './option-values.ts';
import { errorReport } from './report-error.ts';
import type { ServerCommandOptions } from './server.ts';
import { exitCodeOf, WRONG_USAGE } from './exit-codes.ts';
import { asJobError } from '../contract/errors.ts';
import { styleFor } from './text.ts';
import type { WorkerCommandOptions } from './worker.ts';
import { packageVersion } from '../package-version.ts';

interface Flags {
  readonly verbose?: true;
}

interface DevFlags extends DevServerOptions, Flags {
  readonly once?: true;
  readonly json?: true;
}

interface ServerFlags extends ServerCommandOptions, Flags {}

interface WorkerFlags extends Omit<WorkerCommandOptions, 'queues'>, Flags {
  readonly queue?: Queues;
}

const DEV_EXAMPLES = `
Examples:
  holdfast dev                          this repository, then serve until Ctrl-C
  holdfast dev ../project --once        another one too; ends with the outcome
  holdfast dev https://host/owner/name  one that is cloned first

TEMPORAL_ADDRESS or a Temporal profile replaces the embedded server,
HOLDFAST_DATA_DIR replaces .holdfast.`;
const WORKER_EXAMPLES = `
Examples:
  holdfast worker --jobs ./dist/jobs.js
  holdfast worker --jobs ./dist/jobs.js --queue emails=20 --queue reports=2

The server is --address, else TEMPORAL_ADDRESS or a profile, else the one of
"holdfast dev" in or above this folder.
HOLDFAST_LOG_LEVEL is one of debug, info, warn, error, silent.`;

const SERVER_EXAMPLES = `
Examples:
  holdfast server                          the shipped job types
  holdfast server --jobs ./dist/jobs.js    yours as well
  holdfast server --host 0.0.0.0 --allow-host jobs.example

The first start shows an admin key; "holdfast keys" makes others. The routes
are described at /v1/openapi.json. Temporal is --address, else TEMPORAL_ADDRESS
or a profile, else the server of "holdfast dev" in or above this folder.`;
const COMPLETION_EXAMPLES = `
Examples:
  eval "$(npx holdfast completion bash)"    in ~/.bashrc
  eval "$(npx holdfast completion zsh)"     in ~/.zshrc, after compinit`;
const KEYS_EXAMPLES = `
Examples:
  KEY=$(holdfast keys add --name shop --role operator)
  holdfast keys add --name acme --tenant acme --expires-in 90d
  holdfast keys revoke <id>
  holdfast keys login`;

/** Runs the command that `args` name. Resolves with the exit code; errors have been told on standard error. */
export async function runProgram(args: readonly string[], host: Host): Promise<number> {
  let exitCode = 0;
  const run: Run = async ({ verbose }, command) => {
    exitCode = await reportingErrors(command, verbose === true, host);
  };
  const program = commandLine(host, run);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : WRONG_USAGE;
  }
}

function commandLine(host: Host, run: Run): Command {
  const program = new Command('holdfast')
    .description('Durable background jobs for TypeScript, on Temporal.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.out.write(text), writeErr: (text) => host.err.write(text) })
    .showHelpAfterError('Run "holdfast --help" for the commands, "holdfast <command> --help" for the options of one.');
  addDev(program, host, run);
  addWorker(program, host, run);
  addServer(program, host, run);
  addKeys(program, host, run);
  addJobCommands(program, host, run);
  addBatchCommands(program, host, run);
  addCompletion(program, host, run);
  return program;
}

function addDev(program: Command, host: Host, run: Run): void {
  program
    .command('dev')
    .summary('run Temporal, a worker and an analysis of this repository')
    .description(
      'Runs Temporal with its Web UI, a worker with the shipped jobs, and analyse-repositories on this repository and the sources.',
    )
    .argument('[sources...]', 'paths of git repositories, or https URLs')
    .option('--once', 'end when the job has ended; exit code 0 if it and every repository completed')
    .option('--json', 'print the result as JSON; everything else goes to standard error')
    .option('--data-dir <folder>', 'where the server and the jobs keep their files (default: .holdfast)')
    .option('--port <number>', 'gRPC port of the embedded server (default: 7233 or the next free one)', portValue)
    .option('--ui-port <number>', 'port of its Web UI (default: 8233 or the next free one)', portValue)
    .option('--verbose', 'show the stack of an error')
    .addHelpText('after', DEV_EXAMPLES)
    .action(async (sources: string[], flags: DevFlags) => {
      await run(flags, async () => {
        const { dev } = await import('./dev.ts');
        return await dev({ ...flags, sources, isOnce: flags.once === true, isJson: flags.json === true }, host);
      });
    });
}

function addWorker(program: Command, host: Host, run: Run): void {
  program
    .command('worker')
    .summary('run a worker for the jobs of a module')
    .description('Runs the handlers of a module until SIGTERM or Ctrl-C. Logs are JSON lines on standard error.')
    .option('--jobs <module>', 'file or package whose export "jobs" is [handle(contract, handler), …] (default: of holdfast.config)')
    .option('--workflows <file>', 'file with "export default jobWorkflows(…)" (default: export "workflows" of the module)')
    .option('--concurrency <number>', 'handlers per queue at the same time (default: 5)', concurrencyValue)
    .option('--queue <name=concurrency>', 'a queue to serve besides those of the jobs, or its own limit; may be repeated', queueValue)
    .option('--shutdown-grace <duration>', 'how long handlers may go on after SIGTERM (default: 10s)')
    .option('--address <host:port>', 'Temporal server')
    .option('--verbose', 'show the stack of an error')
    .addHelpText('after', WORKER_EXAMPLES)
    .action(async ({ queue, ...flags }: WorkerFlags) => {
      await run(flags, async () => {
        const { worker } = await import('./worker.ts');
        return await worker({ ...flags, ...(queue === undefined ? {} : { queues: queue }) }, host);
      });
    });
}

function addServer(program: Command, host: Host, run: Run): void {
  program
    .command('server')
    .summary('run the HTTP API')
    .description('Serves the HTTP API until SIGTERM or Ctrl-C. Logs are JSON lines on standard error.')
    .option('--jobs <module>', 'file or package whose export "jobs" has types that can be added (default: of holdfast.config)')
    .option('--port <number>', 'port (default: 7780)', portValue)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--allow-host <name...>', 'names that it is called by, besides localhost')
    .option('--open', 'without keys: whoever asks may do everything; on this machine only')
    .option('--data-dir <folder>', 'folder of keys and the audit log (default: .holdfast)')
    .option('--address <host:port>', 'Temporal server')
    .option('--verbose', 'show the stack of an error')
    .addHelpText('after', SERVER_EXAMPLES)
    .action(async (flags: ServerFlags) => {
      await run(flags, async () => {
        const { server } = await import('./server.ts');
        return await server(flags, host);
      });
    });
}

function addKeys(program: Command, host: Host, run: Run): void {
  const keys = program.command('keys').summary('make, list and revoke keys of the HTTP API').addHelpText('after', KEYS_EXAMPLES);
  const command = (name: string, summary: string): Command =>
    keys
      .command(name)
      .description(summary)
      .option('--data-dir <folder>', 'folder of the keys (default: .holdfast)')
      .option('--verbose', 'show the stack of an error');
  command('add', 'Makes a key and prints it, this once.')
    .requiredOption('--name <name>', 'who has it: the actor of what is done with it')
    .addOption(new Option('--role <role>', 'viewer looks, operator acts on jobs, admin gives access').choices(ROLES).default('operator'))
    .option('--tenant <name>', 'it sees and touches the jobs of this tenant only')
    .option('--expires-in <duration>', 'how long it is good, such as 90d (default: until it is revoked)')
    .option('--json', 'print the key and its record as JSON')
    .action(async (flags: AddKeyOptions & Flags) => await run(flags, async () => await (await import('./keys.ts')).addKey(flags, host)));
  command('list', 'Lists the keys, without their secrets.')
    .option('--json', 'print JSON')
    .action(async (flags: KeysOptions & Flags) => await run(flags, async () => await (await import('./keys.ts')).listKeys(flags, host)));
  command('revoke', 'Makes a key useless at once, and the sessions that began with it.')
    .argument('<id>', 'its id, as "holdfast keys list" shows it')
    .action(
      async (id: string, flags: KeysOptions & Flags) =>
        await run(flags, async () => await (await import('./keys.ts')).revokeKey(id, flags, host)),
    );
  command('login', 'Prints a link that lets a browser in, once and within 10 minutes.')
    .option('--key <id>', 'the key that it is let in with (default: the newest admin key)')
    .option('--url <address>', 'where the server is (default: http://127.0.0.1:7780)')
    .action(
      async (flags: LoginOptions & Flags) => await run(flags, async () => await (await import('./keys.ts')).loginWithKey(flags, host)),
    );
}

function addCompletion(program: Command, host: Host, run: Run): void {
  program
    .command('completion')
    .summary('print a script that completes commands in bash or zsh')
    .description('Prints a script for the shell: commands, options, their values, and the job types that are known here.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .option('--verbose', 'show the stack of an error')
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action(async (shell: 'bash' | 'zsh', flags: Flags) => {
      await run(flags, async () => await (await import('./completion.ts')).completion(shell, program, host));
    });
}

async function reportingErrors(command: () => Promise<number>, isAsked: boolean, host: Host): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const isVerbose = isAsked || host.env['HOLDFAST_LOG_LEVEL'] === 'debug';
    host.err.write(`${errorReport(error, { isVerbose, style: styleFor(host.err) })}\n`);
    return exitCodeOf(asJobError(error)?.code);
  }
}
