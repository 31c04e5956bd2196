/**
 * Owns the contract of the job `export-data`: what can be exported, into what, and what is told of the file. Safe to
 * import anywhere, a browser included. Does not know which connections, folders and storage a worker has: its settings do.
 */
import { z } from 'zod';
import { defineJob } from '../contract/define-job.ts';
import { toMs } from '../contract/duration.ts';
import { messageOf } from '../contract/errors.ts';

const SHIPPED_QUEUE = 'holdfast';
const MAX_SQL_LENGTH = 100_000;
const MAX_PARAMETERS = 100;
const MAX_PATH_LENGTH = 1000;
const SHORTEST_KEEP_MS = 60_000;
const DEFAULT_KEEP = '7d';
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

/** Name of a connection in the settings of a worker. */
export const CONNECTION_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
/** The most columns of an export, from whatever source. */
export const MAX_COLUMNS = 16_384;

/**
 * The tables of an analysis: `repositories` has a row with every single figure of each repository, the others a row for
 * each entry of a list, with the repository's source and name in front.
 */
export const ANALYSIS_TABLES = [
  'repositories',
  'authors',
  'languages',
  'hotspots',
  'months',
  'licences',
  'manifests',
  'dependencies',
] as const;

/** The rows of one statement that reads. The worker's settings say where the connection leads. */
const postgresSource = z.strictObject({
  type: z.literal('postgres'),
  /** Name of a connection in the settings of the worker. */
  connection: z.string().regex(CONNECTION_NAME, {
    error:
      'Expected connection to be the name of a connection of the worker: a–z 0–9 _ -, first a letter, such as "shop". Addresses and passwords stay with the worker.',
  }),
  /** One statement that gives rows, such as `SELECT … ORDER BY id`. `$1`, `$2` … stand for the parameters. */
  sql: z
    .string()
    .trim()
    .min(1)
    .max(MAX_SQL_LENGTH)
    .refine((text) => !text.includes('\0'), { error: 'Expected sql to have no NUL character.' }),
  parameters: z
    .array(z.union([z.string().refine((text) => !text.includes('\0')), z.number(), z.boolean(), z.null()]))
    .max(MAX_PARAMETERS)
    .default([]),
});

/** The rows of a file on the worker's machine, inside a folder that its settings allow. */
const fileSource = z.strictObject({
  type: z.literal('file'),
  /** Absolute path. */
  path: z
    .string()
    .max(MAX_PATH_LENGTH)
    .refine((path) => path.startsWith('/') && !path.startsWith('//') && !CONTROL_CHARACTERS.test(path), {
      error: 'Expected path to be an absolute path without control characters.',
    }),
  /** CSV: RFC 4180 with a header line. NDJSON: one JSON object a line. */
  format: z.enum(['csv', 'ndjson']),
  /** Of a CSV file. @default ',' */
  delimiter: z.enum([',', ';', '\t', '|']).default(','),
});

/** The result of a completed `analyse-repositories` job, as rows. */
const analysisSource = z.strictObject({
  type: z.literal('analysis'),
  jobId: z.string().min(1).max(1000),
  table: z.enum(ANALYSIS_TABLES).default('repositories'),
});

const csvOptions = z.strictObject({
  /** Character between cells. */
  delimiter: z.enum([',', ';', '\t', '|']).default(','),
  /** The first line has the names of the columns. */
  header: z.boolean().default(true),
  /** The file begins with a byte order mark, by which spreadsheet programs know that it is UTF-8. */
  bom: z.boolean().default(false),
  /**
   * `defuse`: a text cell that a spreadsheet program would take for a formula gets an apostrophe in front. `keep`: cells are
   * as they are, for programs that read the file.
   */
  formulas: z.enum(['defuse', 'keep']).default('defuse'),
});

const keepFor = z
  .union([z.number(), z.string()])
  .default(DEFAULT_KEEP)
  .transform((duration, context) => {
    try {
      const keepMs = toMs(duration, 'keepFor');
      if (keepMs >= SHORTEST_KEEP_MS) return keepMs;
      context.addIssue({ code: 'custom', message: 'Expected keepFor to be at least 1 minute.' });
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
    return z.NEVER;
  });

const input = z
  .strictObject({
    source: z.discriminatedUnion('type', [postgresSource, fileSource, analysisSource]),
    format: z.enum(['csv', 'ndjson', 'json', 'parquet']),
    /** Name of the file without its ending, which follows from the format. 1–100 of `A–Z a–z 0–9 . _ -`, first a letter or digit. */
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
        error: 'Expected name to be 1–100 of A–Z a–z 0–9 . _ -, first a letter or digit, without a folder and without an ending.',
      })
      .default('export'),
    /** Compressed with gzip. Parquet is compressed by itself, and takes none. */
    gzip: z.boolean().default(false),
    csv: csvOptions.prefault({}),
    /** How long the file is kept from its completion, at least 1 minute. */
    keepFor,
  })
  .refine(({ format, gzip }) => !(format === 'parquet' && gzip), {
    path: ['gzip'],
    error: 'Expected gzip to be left out for Parquet, which is compressed by itself.',
  });

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What an attempt has made, for the next one: parts that are whole and flushed. */
const checkpoint = z.strictObject({
  /** Of the input and of the way bytes are made: parts of another are not gone on with. */
  recipe: z.string(),
  rows: count,
  /** Of these rows as the source gave them. */
  rowsSha256: sha256,
  bytes: count,
  /** Of these bytes of the file. */
  sha256,
  /** The parts in their order: so many by each of these attempts. */
  writers: z.array(z.strictObject({ writer: z.string(), parts: count })),
  /** The file's last bytes are in the parts. */
  isWhole: z.boolean(),
  restarts: count,
});

export type ExportCheckpoint = z.infer<typeof checkpoint>;

/** What stands beside the file, as JSON under the file's key and `.meta.json`. */
export const exportSidecar = z.strictObject({
  /** Name of the file, without a folder. */
  file: z.string(),
  rows: count,
  bytes: count,
  sha256,
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  jobId: z.string(),
  completedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

export type ExportSidecar = z.infer<typeof exportSidecar>;

/** The rows of a PostgreSQL query, a file or an analysis, written to a file in the worker's storage. */
export const exportData = defineJob({
  name: 'export-data',
  queue: SHIPPED_QUEUE,
  input,
  output: z.strictObject({
    /** Key of the file in the worker's storage; of a folder, the path in it. */
    key: z.string(),
    /** Key of the file's description: sha256, rows, columns with their types. */
    sidecar: z.string(),
    rows: count,
    columns: count,
    bytes: count,
    /** Of the file as it is stored, in hex. */
    sha256,
    /** When the file is removed. */
    expiresAt: z.iso.datetime(),
    /** How often the data had changed while a worker was down, so that the export was made anew from its first row. */
    restarts: count,
  }),
  checkpoint,
  retry: { maxAttempts: 3 },
  timeout: '1d',
  heartbeat: '2s',
  cleanUp: '5m',
});
