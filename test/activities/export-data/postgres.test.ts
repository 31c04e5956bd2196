/** Exports from a real PostgreSQL: what is read, that nothing can be written, and what comes of the largest there is. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InputOf } from '../../../src/contract/define-job.ts';
import { JobError } from '../../../src/contract/errors.ts';
import type { ExportCheckpoint, exportData } from '../../../src/jobs/export-data.ts';
import { type Postgres, postgresFolder, startPostgres } from '../../../bench/postgres.ts';
import { scaled } from '../../support/scale.ts';
import { errorOf } from '../../support/job-error.ts';
import { ExportBench } from './exports.ts';

type Input = InputOf<typeof exportData>;

vi.setConfig({ testTimeout: scaled(20_000, 120_000) });

const bench = new ExportBench();
const ORDERS = scaled(40_000, 300_000);
/** So that the orders make some parts, and not hundreds. */
const PART_BYTES = scaled(100_000, 1_000_000);
const ALL_ORDERS = 'SELECT * FROM orders ORDER BY id';
/** One value, or several, of every type that has a way of its own, and of some that have none. */
const ODD_VALUES = `SELECT * FROM (VALUES
  (1, 1::int2, 9223372036854775807::int8, 0.1::float4, 'NaN'::float8, 12.50::numeric(12,2), 'NaN'::numeric, true, date '2026-02-28', timestamp '2026-02-28 23:59:59.5',
   timestamptz '2026-03-01 00:00:00+02', '{"a": "x\\u0041"}'::json, '{"b":1}'::jsonb, '\\xdeadbeef'::bytea, 'é😀"', '00000000-0000-0000-0000-000000000001'::uuid, ARRAY[1,2], interval '1 day 2 hours', 'x'::char(3)),
  (2, -5, -9223372036854775808, -1e30, '-Infinity', -0.01, 123456789012345678901234567890.123, false, '0044-03-15 BC', 'infinity',
   '1999-12-31 23:59:59.999999Z', '[1,\n2]', 'null', '', '', NULL, '{}', '-1 mon', ''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS t(id, small, big, real, double, amount, exact, yes, day, at, at_tz, j, jb, bytes, text, uuid, list, span, padded) ORDER BY id`;

let postgres: Postgres | undefined;

beforeAll(async () => {
  if (postgresFolder() === undefined) return;
  postgres = await startPostgres();
  postgres.sql(`CREATE TABLE orders AS SELECT id::int8, 'customer ' || (id % 997) AS customer, ((id % 100000) / 100.0)::numeric(12,2) AS amount,
    id % 7 = 0 AS paid, timestamptz '2026-01-01' + id * interval '1 second' AS placed_at, CASE WHEN id % 5 = 0 THEN NULL ELSE '=' || id END AS note
    FROM generate_series(1, ${ORDERS}) id; ALTER TABLE orders ADD PRIMARY KEY (id); CREATE SEQUENCE numbers; ANALYZE orders;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO reader; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO reader`);
  const connections = {
    shop: { url: postgres.url },
    root: { url: postgres.superuserUrl },
    away: { url: 'postgres://reader@127.0.0.1:1/postgres' },
  };
  bench.use({ connections });
}, 60_000);
beforeEach((context) => {
  if (postgres === undefined) context.skip('no PostgreSQL server is installed (on Debian: apt-get install postgresql)');
});
afterAll(async () => {
  await postgres?.stop();
  bench.remove();
});

function server(): Postgres {
  if (postgres === undefined) throw new Error('Expected a PostgreSQL server.');
  return postgres;
}

function query(sql: string, more: Partial<Input> = {}, connection = 'shop'): Input {
  return { format: 'csv', source: { type: 'postgres', connection, sql }, ...more };
}

describe('what is exported', () => {
  const keep = { csv: { formulas: 'keep' } } as const;

  test('CSV has the bytes of psql, also of odd values', async () => {
    for (const sql of [ALL_ORDERS, ODD_VALUES, String.raw`SELECT '\.' AS x UNION ALL SELECT ''`, "SELECT E'a\\rb' AS x, E'\\n' AS y"]) {
      const { content } = await bench.export(query(sql, keep));
      expect(content.equals(server().csvOf(sql)), sql).toBe(true);
    }
  });

  test('NDJSON has the values of to_json', async () => {
    const { text } = await bench.export(query(ODD_VALUES, { format: 'ndjson' }));
    const expected = server().sql(`SET timezone = 'UTC'; SELECT to_json(t) FROM (${ODD_VALUES}) t`).split('\n');
    const [rows, theirs] = [text.trimEnd().split('\n'), expected.join(' ').split(/ (?=\{"id")/)].map((lines) =>
      lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    );
    // PostgreSQL writes the offset of UTC with digits, and a list as one.
    const alike = theirs?.map((row) => ({
      ...row,
      at_tz: (row['at_tz'] as string | null)?.replace('+00:00', 'Z') ?? null,
      list: listText(row['list']),
    }));
    expect(rows).toEqual(alike);
  });

  const listText = (list: unknown): string | null => (Array.isArray(list) ? `{${list.join(',')}}` : null);

  test('parameters are bound, whatever they hold', async () => {
    const sql = 'SELECT $1::text AS a, $2::int + 1 AS b, $3::bool AS c, $4::text AS d';
    const parameters = ["'; DROP TABLE orders; --", 41, true, null];
    const { text } = await bench.export({ source: { type: 'postgres', connection: 'shop', sql, parameters }, format: 'ndjson' });
    expect(JSON.parse(text)).toEqual({ a: "'; DROP TABLE orders; --", b: 42, c: true, d: null });
  });

  test('settings of the role do not change the bytes', async () => {
    const before = await bench.export(query(ODD_VALUES));
    server().sql(
      "ALTER ROLE reader SET datestyle = 'German'; ALTER ROLE reader SET timezone = 'Asia/Tokyo'; ALTER ROLE reader SET bytea_output = 'escape'; ALTER ROLE reader SET intervalstyle = 'iso_8601'; ALTER ROLE reader SET extra_float_digits = -5",
    );
    const after = await bench.export(query(ODD_VALUES)).finally(() => server().sql('ALTER ROLE reader RESET ALL'));
    expect(after.result.sha256).toBe(before.result.sha256);
  });

  test('zero rows, a statement that shows a setting, and one with a comment at its end', async () => {
    expect((await bench.export(query('SELECT id, note FROM orders WHERE false'))).text).toBe('id,note\n');
    expect((await bench.export(query('SELECT id FROM orders WHERE false', { format: 'json' }))).text).toBe('[\n]\n');
    expect((await bench.export(query('SHOW timezone'))).text).toBe('TimeZone\nUTC\n');
    expect((await bench.export(query('SELECT 1 AS a -- one'))).text).toBe('a\n1\n');
  });

  test('sha256, rows and columns are told, and progress counts rows up to the estimate of the planner', async () => {
    const counts: { done: number | undefined; total: number | undefined }[] = [];
    const { result, path, sidecar } = await bench.export(query(ALL_ORDERS, { name: 'orders', keepFor: '2d' }), {
      onProgress: ({ done, total }) => counts.push({ done, total }),
    });
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(result.sha256);
    expect(result).toMatchObject({ rows: ORDERS, columns: 6, bytes: readFileSync(path).length, restarts: 0 });
    expect(path).toMatch(/\/orders\.csv$/);
    expect(sidecar.columns).toEqual([
      { name: 'id', type: 'bigint' },
      { name: 'customer', type: 'text' },
      { name: 'amount', type: 'decimal' },
      { name: 'paid', type: 'boolean' },
      { name: 'placed_at', type: 'timestamptz' },
      { name: 'note', type: 'text' },
    ]);
    expect(Date.parse(sidecar.expiresAt) - Date.parse(sidecar.completedAt)).toBe(2 * 86_400_000);
    expect(counts.at(-1)?.done).toBe(ORDERS);
    expect(Math.abs((counts[0]?.total ?? 0) / ORDERS - 1)).toBeLessThan(0.1);
  });
});

describe('what an independent reader finds', () => {
  const SUMS =
    "count(*), sum(id), sum(amount), sum(paid::int), sum(date_part('epoch', placed_at))::bigint, count(note), sum(length(customer))";

  async function duckSums(from: string): Promise<string> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const [row = []] = (await connection.runAndReadAll(`SET TimeZone = 'UTC'; SELECT ${SUMS} FROM ${from}`)).getRows();
    connection.closeSync();
    return row.map(String).join('|');
  }

  test('DuckDB reads the sums of PostgreSQL from Parquet, CSV and NDJSON', async () => {
    const expected = server().sql(`SELECT ${SUMS} FROM orders`);
    const [parquet, csv, ndjson] = await Promise.all(
      (['parquet', 'csv', 'ndjson'] as const).map(async (format) => (await bench.export(query(ALL_ORDERS, { format }))).path),
    );
    expect(await duckSums(`read_parquet('${parquet}')`)).toBe(expected);
    expect(
      await duckSums(
        `(SELECT * REPLACE (amount::decimal(12,2) AS amount) FROM read_csv('${csv}', nullstr = '', allow_quoted_nulls = false))`,
      ),
    ).toBe(expected);
    expect(await duckSums(`(SELECT * REPLACE (amount::decimal(12,2) AS amount) FROM read_json('${ndjson}'))`)).toBe(expected);
  });

  test('psql reads the CSV back to the same rows', async () => {
    const { path } = await bench.export(query(ALL_ORDERS, { csv: { formulas: 'keep' } }));
    server().sql(`CREATE TABLE back (LIKE orders)`);
    server().copyFrom('back', path);
    expect(server().sql('SELECT count(*) FROM (TABLE back EXCEPT TABLE orders) d')).toBe('0');
    expect(server().sql('SELECT count(*) FROM (TABLE orders EXCEPT TABLE back) d')).toBe('0');
  });

  test('a value that has no place in a Parquet type is an error that names its column', async () => {
    for (const [sql, column] of [
      ["SELECT 'infinity'::timestamptz AS t", '"t"'],
      ["SELECT date '0044-03-15 BC' AS d", '"d"'],
      ["SELECT 'NaN'::numeric(5,2) AS n", '"n"'],
    ] as const) {
      const error = await errorOf(bench.export(query(sql, { format: 'parquet' })));
      expect([error.code, error.message]).toEqual(['source-unreadable', expect.stringContaining(column)]);
    }
  });
});

describe('nothing can be written', () => {
  const READ_ONLY = ['source-refused', 'The statement writes'] as const;
  const NO_ROWS = ['source-refused', 'gives no rows'] as const;
  const SEVERAL = ['source-refused', 'Expected one statement, got several'] as const;

  test.each([
    ['INSERT … RETURNING', 'INSERT INTO orders(id) VALUES (-1) RETURNING id', ...READ_ONLY],
    ['a writing WITH', 'WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone', ...READ_ONLY],
    ['UPDATE … RETURNING', 'UPDATE orders SET amount = 0 RETURNING id', ...READ_ONLY],
    ['SELECT … FOR UPDATE', 'SELECT id FROM orders FOR UPDATE', ...READ_ONLY],
    ['EXPLAIN ANALYZE of a DELETE', 'EXPLAIN ANALYZE DELETE FROM orders', ...READ_ONLY],
    ['a sequence', "SELECT nextval('numbers')", ...READ_ONLY],
    ['SELECT INTO', 'SELECT id INTO stolen FROM orders', ...NO_ROWS],
    ['CREATE TABLE AS', 'CREATE TABLE stolen AS SELECT 1', ...NO_ROWS],
    ['DROP TABLE', 'DROP TABLE orders', ...NO_ROWS],
    ['COPY TO PROGRAM', "COPY orders TO PROGRAM 'touch /tmp/holdfast-was-here'", ...NO_ROWS],
    ['COPY TO STDOUT', 'COPY orders TO STDOUT', ...NO_ROWS],
    ['DO', 'DO $$ BEGIN DELETE FROM orders; END $$', ...NO_ROWS],
    ['SET', 'SET TRANSACTION READ WRITE', ...NO_ROWS],
    ['COMMIT', 'COMMIT', ...NO_ROWS],
    ['nothing but a comment', '-- nothing', ...NO_ROWS],
    ['two statements', 'SELECT 1; DELETE FROM orders', ...SEVERAL],
    ['the end of the transaction first', 'COMMIT; DELETE FROM orders; SELECT 1', ...SEVERAL],
    ['a bracket that would end a COPY', "SELECT 1) TO PROGRAM 'id' --", 'source-unreadable', 'syntax error'],
    [
      'a read-write transaction by a function',
      "SELECT set_config('transaction_read_only', 'off', false)",
      'source-unreadable',
      'read-write mode',
    ],
    ['the files of the server', "SELECT pg_read_file('/etc/passwd')", 'source-unreadable', 'permission denied'],
    ['a table that is not there', 'SELECT * FROM nothing', 'source-unreadable', 'relation "nothing" does not exist'],
    ['a division by zero in a late row', `SELECT 1 / (id - ${ORDERS}) AS x FROM orders`, 'source-unreadable', 'division by zero'],
    ['columns of one name', 'SELECT 1 AS a, 2 AS a', 'source-unreadable', 'Two columns of the source have the name "a"'],
    ['no columns', 'SELECT FROM orders', 'source-unreadable', 'no columns'],
    ['a parameter too few', 'SELECT $1::text', 'source-unreadable', 'parameters'],
  ])('%s: a clear error', async (_title, sql, ...[code, says]) => {
    const error = await errorOf(bench.export(query(sql)));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
    expect(error.retryable).toBe(false);
  });

  test('and nothing was: no row is gone, no table is new, no partial file is left', () => {
    expect(server().sql("SELECT (SELECT count(*) FROM orders), (SELECT last_value FROM numbers), to_regclass('stolen')")).toBe(
      `${ORDERS}|1|`,
    );
    expect(bench.stored().filter((path) => path.includes('/parts/') || path.endsWith('.draft'))).toEqual([]);
  });

  test('what a function writes in spite of all is rolled back', async () => {
    const { text } = await bench.export(query('SELECT lo_create(4711) AS oid'));
    expect(text).toBe('oid\n4711\n');
    expect(server().sql('SELECT count(*) FROM pg_largeobject_metadata')).toBe('0');
  });

  test('a superuser is refused unless the worker allows it', async () => {
    const error = await errorOf(bench.export(query('SELECT 1 AS a', {}, 'root')));
    expect([error.code, error.message]).toEqual(['source-refused', expect.stringContaining('rights of a superuser')]);
    const settings = { connections: { root: { url: server().superuserUrl, allowSuperuser: true } } };
    expect((await bench.export(query('SELECT 1 AS a', {}, 'root'), { settings })).text).toBe('a\n1\n');
  });
});

describe('the largest there is', () => {
  test('1 600 columns are exported to every format', async () => {
    const sql = `SELECT ${Array.from({ length: 1600 }, (_, index) => `g + ${index} AS c${index}`).join(', ')} FROM generate_series(1, 50) g`;
    for (const format of ['csv', 'ndjson', 'json', 'parquet'] as const) {
      const { result, sidecar } = await bench.export(query(sql, { format }));
      expect([result.rows, result.columns, sidecar.columns.at(-1)]).toEqual([50, 1600, { name: 'c1599', type: 'integer' }]);
    }
    expect((await bench.export(query(sql, { csv: { formulas: 'keep' } }))).content.equals(server().csvOf(sql))).toBe(true);
  });

  test('a cell of many megabytes is refused before it is here, in little memory; one below the limit is exported', async () => {
    const huge = scaled(100_000_000, 1_000_000_000);
    const before = process.memoryUsage.rss();
    const error = await errorOf(
      bench.export(query(`SELECT g, repeat('x', CASE g WHEN 3 THEN ${huge} ELSE 1 END) AS big FROM generate_series(1, 5) g`)),
    );
    expect([error.code, error.message]).toEqual([
      'limit-exceeded',
      expect.stringMatching(/^Row 3 is 100\d+ bytes; at most 16777216 bytes can be exported\./),
    ]);
    expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(200);
    const { result } = await bench.export(query(`SELECT repeat('"', 10000000) AS big`));
    expect(result.bytes).toBe('big\n'.length + 20_000_000 + '""\n'.length);
  });

  test('bytes that are no UTF-8, from a database without an encoding, are an error', async () => {
    server().sql("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    const settings = { connections: { shop: { url: server().url.replace(/postgres$/, 'bytes') } } };
    const error = await errorOf(
      bench.export(query(String.raw`SELECT g, CASE g WHEN 700 THEN E'\xff' ELSE 'é' END AS t FROM generate_series(1, 1000) g`), {
        settings,
      }),
    );
    expect([error.code, error.message]).toEqual([
      'source-unreadable',
      expect.stringContaining('invalid byte sequence for encoding "UTF8": 0xff'),
    ]);
  });
});

describe('the connection', () => {
  test.each<{ when: string; url: string; code: string; says: string }>([
    { when: 'nobody listens', url: 'postgres://reader:secret-word@127.0.0.1:1/postgres', code: 'source-unavailable', says: 'ECONNREFUSED' },
    {
      when: 'the database is not there',
      url: 'postgres://reader:secret-word@HOST/none',
      code: 'source-refused',
      says: 'database "none" does not exist',
    },
    {
      when: 'the role is not there',
      url: 'postgres://nobody:secret-word@HOST/x',
      code: 'source-refused',
      says: 'role "nobody" does not exist',
    },
    { when: 'the URL is none', url: 'postgres://a:secret-word@[x', code: 'source-refused', says: 'its URL cannot be read' },
  ])('when $when, the error says so and keeps the password', async ({ url, code, says }) => {
    const settings = { connections: { shop: { url: url.replace('HOST', new URL(server().url).host) } } };
    const error = await errorOf(bench.export(query('SELECT 1 AS a'), { settings }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret-word');
  });

  test('a cancel ends the statement on the server, also while it waits for its first row', async () => {
    const ending = new AbortController();
    const exporting = errorOf(bench.export(query("SELECT pg_sleep(60)::text AS x, 'holdfast-sleeps' AS y"), { signal: ending.signal }));
    const running = (): string =>
      server().sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%holdfast-sleeps%' AND usename = 'reader' AND state = 'active'",
      );
    await expect.poll(running, { timeout: 8000 }).toBe('1');
    ending.abort(new JobError('cancelled'));
    expect((await exporting).code).toBe('cancelled');
    await expect.poll(running, { timeout: 8000 }).toBe('0');
  });

  test('one that breaks in the middle is tried again by the job', async () => {
    const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'";
    const onCheckpoint = (): void => void server().sql(kill);
    const wide = `SELECT g, repeat('x', 1000) AS x FROM generate_series(1, 100000) g`;
    const error = await errorOf(bench.export(query(wide), { onCheckpoint, partBytes: 100_000 }));
    expect([error.code, error.retryable]).toEqual(['source-unavailable', true]);
  });
});

describe('an attempt that goes on', () => {
  async function halfWay(input: Input, jobId: string): Promise<ExportCheckpoint | undefined> {
    const ending = new AbortController();
    let kept: ExportCheckpoint | undefined;
    const onCheckpoint = (checkpoint: ExportCheckpoint): void => {
      kept ??= checkpoint;
      ending.abort(new JobError('worker-shutdown'));
    };
    await errorOf(bench.export(input, { jobId, onCheckpoint, signal: ending.signal, partBytes: PART_BYTES }));
    return kept;
  }

  test('has the bytes of an undisturbed one, without an order as well', async () => {
    for (const [index, sql] of [ALL_ORDERS, 'SELECT * FROM orders'].entries()) {
      for (const format of ['csv', 'parquet'] as const) {
        const input = query(sql, { format });
        const jobId = `on-${index}-${format}`;
        const checkpoint = await halfWay(input, jobId);
        const { result } = await bench.export(input, { jobId, checkpoint, partBytes: PART_BYTES });
        const undisturbed = await bench.export(input, { partBytes: PART_BYTES });
        expect([result.sha256, result.restarts]).toEqual([undisturbed.result.sha256, 0]);
      }
    }
  });

  test('begins anew when a row that was exported has changed, and holds one snapshot', async () => {
    const checkpoint = await halfWay(query(ALL_ORDERS), 'changed');
    server().sql("UPDATE orders SET customer = 'other' WHERE id = 1");
    const { result, content } = await bench.export(query(ALL_ORDERS, { csv: { formulas: 'keep' } }), {
      jobId: 'changed-other',
      partBytes: PART_BYTES,
    });
    expect(content.equals(server().csvOf(ALL_ORDERS))).toBe(true);
    expect(result.restarts).toBe(0);
    const anew = await bench.export(query(ALL_ORDERS), { jobId: 'changed', checkpoint, partBytes: PART_BYTES });
    expect(anew.result.restarts).toBe(1);
    expect(anew.text.split('\n')[1]).toContain('other');
  });
});
