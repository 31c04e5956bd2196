/**
 * Owns the reading of one statement from PostgreSQL: a connection of its own, one read-only transaction and so one snapshot,
 * and what the server's errors mean for the job.
 *
 * 1. The statement is parsed by itself, with the extended protocol, which takes one statement only. It cannot end the
 *    transaction, and the transaction is never committed: what a function wrote in spite of all is rolled back.
 * 2. The same data give the same bytes: settings that change how values are written are fixed, scans begin at the start of
 *    a table, and no parallel worker mixes rows.
 * 3. A superuser could read the server's files with a statement that reads: such a connection is refused.
 */
import { JobError, messageOf } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import { columnOf } from './postgres-types.ts';
import {
  bind,
  describeStatement,
  execute,
  type Message,
  parse,
  PostgresWire,
  ServerError,
  simpleQuery,
  sync,
  terminate,
} from './postgres-wire.ts';
import { checkColumns } from './source-columns.ts';
import type { Batch, Column, OpenSource } from './table.ts';

/** Where a connection leads. */
export interface PostgresConnection {
  /** `postgres://user:password@host:port/database?sslmode=verify-full` */
  readonly url: string;
  /** TLS settings as for `tls.connect`, such as `{ ca }`. @default what `sslmode` in the URL says */
  readonly ssl?: boolean | object;
  /**
   * The role may be a superuser, who can read the server's files with a statement that only reads. Give jobs a role that has
   * been granted what they may export instead. @default false
   */
  readonly allowSuperuser?: boolean;
}

export interface PostgresQuery {
  readonly connection: PostgresConnection;
  /** Its name, for messages: its URL has a password. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly (string | number | boolean | null)[];
  readonly maxRowBytes: number;
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT = 'export';
const READY = 'Z';
const SET_UP = [
  'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  ...[
    ['datestyle', 'ISO, MDY'],
    ['timezone', 'UTC'],
    ['intervalstyle', 'postgres'],
    ['extra_float_digits', '1'],
    ['bytea_output', 'hex'],
    ['lc_monetary', 'C'],
    ['xmlbinary', 'base64'],
    ['synchronize_seqscans', 'off'],
    ['max_parallel_workers_per_gather', '0'],
  ].map(([name, value]) => `SET LOCAL ${name} = '${value}'`),
  // Since PostgreSQL 14: a statement whose reader is gone is ended.
  "SELECT set_config(name, '1s', true) FROM pg_settings WHERE name = 'client_connection_check_interval'",
].join('; ');
const IS_SUPERUSER = "SELECT current_setting('is_superuser')";

/**
 * The rows of the statement, in a snapshot of their own.
 * @throws JobError `source-refused`, `source-unreadable`, `source-unavailable`, `limit-exceeded`; the signal's reason
 */
export async function openPostgres(query: PostgresQuery): Promise<OpenSource> {
  const wire = await connect(query);
  const abort = (): void => wire.destroy();
  query.signal.addEventListener('abort', abort, { once: true });
  const close = async (): Promise<void> => {
    query.signal.removeEventListener('abort', abort);
    wire.destroy();
    await Promise.resolve();
  };
  try {
    query.signal.throwIfAborted();
    await setUp(wire, query);
    const columns = await describe(wire, query);
    const estimatedRows = await estimate(wire, query);
    return { columns, estimatedRows, close, batches: () => rowsOf(wire, columns, query) };
  } catch (error) {
    await close();
    throw meaningOf(error, query);
  }
}

async function connect({ connection, name, maxRowBytes }: PostgresQuery): Promise<PostgresWire> {
  // Only who exports from a database loads its client.
  const { Client } = await import('pg');
  try {
    const client = new Client({
      connectionString: connection.url,
      application_name: 'holdfast export-data',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    });
    // Whoever reads from the connection gets its errors, too.
    client.on('error', () => {});
    await client.connect();
    return new PostgresWire(client.connection.stream, maxRowBytes);
  } catch (error) {
    throw connectProblem(error, name);
  }
}

async function setUp(wire: PostgresWire, { connection, name }: PostgresQuery): Promise<void> {
  wire.send(simpleQuery(SET_UP));
  await wire.until(READY);
  if (connection.allowSuperuser === true) return;
  wire.send(simpleQuery(IS_SUPERUSER));
  if (firstCell(await wire.until(READY)) !== 'on') return;
  throw new JobError(
    'source-refused',
    `The connection ${show(name)} has the rights of a superuser, who can read the server's files with a statement that only reads. Give it a role that may SELECT what is exported, or set allowSuperuser in its settings.`,
    { details: { connection: name } },
  );
}

/** The columns of the statement, which is parsed and not run. */
async function describe(wire: PostgresWire, { sql }: PostgresQuery): Promise<readonly Column[]> {
  wire.send(parse(STATEMENT, sql), describeStatement(STATEMENT), sync());
  const description = (await wire.until(READY)).find(({ code }) => code === 'T');
  if (description === undefined) {
    throw new JobError(
      'source-refused',
      'The statement gives no rows. Expected one that reads and gives rows, such as SELECT … ORDER BY id.',
    );
  }
  return checkColumns(columnsIn(description.body));
}

/** How many rows the planner expects. Undefined for a statement that has no plan, such as SHOW. */
async function estimate(wire: PostgresWire, { sql, parameters }: PostgresQuery): Promise<number | undefined> {
  wire.send(simpleQuery('SAVEPOINT estimate'));
  await wire.until(READY);
  try {
    wire.send(parse('', `EXPLAIN (FORMAT JSON) ${sql}`), bind('', textsOf(parameters)), execute(), sync());
    const answer = await wire.until(READY);
    const [plan] = JSON.parse(firstCell(answer)) as readonly { readonly Plan?: { readonly 'Plan Rows'?: number } }[];
    return plan?.Plan?.['Plan Rows'];
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    await wire.skipTo(READY);
    wire.send(simpleQuery('ROLLBACK TO SAVEPOINT estimate'));
    await wire.until(READY);
    return undefined;
  }
}

async function* rowsOf(wire: PostgresWire, columns: readonly Column[], query: PostgresQuery): AsyncGenerator<Batch, void, undefined> {
  try {
    wire.send(bind(STATEMENT, textsOf(query.parameters)), execute(), sync());
    yield* wire.rows(columns.length);
    wire.send(simpleQuery('ROLLBACK'), terminate());
  } catch (error) {
    throw meaningOf(error, query);
  }
}

function textsOf(parameters: PostgresQuery['parameters']): (string | null)[] {
  return parameters.map((value) => (value === null ? null : String(value)));
}

/** The first cell of the first row among the messages; an empty text when there is none. */
function firstCell(messages: readonly Message[]): string {
  const body = messages.find(({ code }) => code === 'D')?.body;
  if (body === undefined) return '';
  const length = body.readInt32BE(2);
  return length < 0 ? '' : body.toString('utf8', 6, 6 + length);
}

function columnsIn(body: Buffer): Column[] {
  const columns: Column[] = [];
  let at = 2;
  for (let count = body.readUInt16BE(0); count > 0; count -= 1) {
    const nameEnd = body.indexOf(0, at);
    const name = body.toString('utf8', at, nameEnd);
    // Behind the name: table 4, column 2, type 4, size 2, modifier 4, format 2.
    columns.push(columnOf(name, body.readUInt32BE(nameEnd + 7), body.readInt32BE(nameEnd + 13)));
    at = nameEnd + 19;
  }
  return columns;
}

/** Classes of SQLSTATE behind which the same statement can succeed later. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LATER = /^(?:08(?!P01)|40|53|55P03|57|58)/;
const READ_ONLY = '25006';

/** The error for the job. The signal's reason goes before what the cut connection says. */
function meaningOf(error: unknown, { name, signal }: PostgresQuery): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof JobError) return error;
  if (!(error instanceof ServerError))
    return new JobError('source-unavailable', `The connection ${show(name)} broke: ${messageOf(error)}`, { cause: error });
  const { sqlState, message, hint } = error.problem;
  const details = { connection: name, sqlState };
  if (sqlState === READ_ONLY) {
    return new JobError('source-refused', `The statement writes, and an export only reads: ${message}.`, { details });
  }
  if (message.includes('multiple commands')) return new JobError('source-refused', 'Expected one statement, got several.', { details });
  const says = `PostgreSQL says: ${message}${hint === undefined ? '' : ` (${hint})`} [${sqlState}]`;
  return new JobError(LATER.test(sqlState) ? 'source-unavailable' : 'source-unreadable', says, { details });
}

/** Without the URL, which has the password. */
function connectProblem(error: unknown, name: string): JobError {
  const sqlState = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  // 28: not let in. 3D: no such database. A URL that is none has no code of a server.
  const isFinal = /^(?:28|3D)/.test(sqlState) || sqlState === 'ERR_INVALID_URL';
  const says = sqlState === 'ERR_INVALID_URL' ? 'its URL cannot be read' : messageOf(error);
  return new JobError(isFinal ? 'source-refused' : 'source-unavailable', `The connection ${show(name)} cannot be made: ${says}`, {
    details: { connection: name, sqlState },
  });
}
