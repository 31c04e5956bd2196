/**
 * Owns the handler of `export-data`: what of its worker an export may use, and what is told of the file in the end. How rows
 * become a file is in `run-export.ts`.
 */
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import type { KeptCheckpointOf, ParsedInputOf, ReturnOf } from '../../contract/define-job.ts';
import { JobError } from '../../contract/errors.ts';
import { checkInteger, invalidOption, show } from '../../contract/options.ts';
import type { ProgressCount } from '../../contract/progress.ts';
import { CONNECTION_NAME, type ExportCheckpoint, type exportData, type ExportSidecar, exportSidecar } from '../../jobs/export-data.ts';
import { only, removeFrom, textOf } from '../../storage/contents.ts';
import { FolderStorage } from '../../storage/folder-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import type { CleanUpHooks, HandlerContext, HandlerServices, ServedHandler } from '../handle.ts';
import { openAllowed } from './allowed-file.ts';
import { openAnalysis } from './analysis-source.ts';
import { CsvFormat } from './csv-format.ts';
import { openCsv } from './csv-source.ts';
import type { Format } from './format.ts';
import { JsonFormat } from './json-format.ts';
import { openNdjson } from './ndjson-source.ts';
import { parquetFormat } from './parquet-format.ts';
import { partsFolder } from './parts.ts';
import { openPostgres, type PostgresConnection } from './postgres-source.ts';
import { BeginAnew, type ExportedFile, type ExportPlan, runExport } from './run-export.ts';
import type { Column, OpenSource } from './table.ts';

export type { PostgresConnection };

export interface ExportSettings {
  /** Where files go: the absolute path of a folder, made when it is missing, or a storage of your own. Workers that share it go on with each other's exports. */
  readonly storage: string | Storage;
  /** Databases by the names that jobs use for them. A name is a–z 0–9 _ -, first a letter. @default {} */
  readonly connections?: Readonly<Record<string, PostgresConnection>>;
  /** Files to export must lie, links resolved, inside one of these folders. @default [] no file is exported */
  readonly folders?: readonly string[];
  /** Largest row in bytes, as it comes from the source. A larger one fails the export with `limit-exceeded`. 1 KB–64 MB. @default 16 MB */
  readonly maxRowBytes?: number;
}

type ExportInput = ParsedInputOf<typeof exportData>;
type ExportContext = HandlerContext<ExportCheckpoint, KeptCheckpointOf<typeof exportData>>;

/** What a worker exports with, checked. */
export interface Exporter {
  readonly storage: Storage;
  readonly connections: ReadonlyMap<string, PostgresConnection>;
  readonly folders: readonly string[];
  readonly maxRowBytes: number;
  readonly partBytes: number;
}

/** Changes when the same rows would give other bytes: with the formats here, and with the package that writes Parquet. */
const RECIPE = 1;
const DEFAULT_MAX_ROW_BYTES = 16 * 1024 * 1024;
const [LEAST_MAX_ROW_BYTES, MOST_MAX_ROW_BYTES] = [1024, 64 * 1024 * 1024] as const;
/** What a killed worker has to make again is at most what makes two of these. */
const PART_BYTES = 4 * 1024 * 1024;
/** Of one attempt: only a storage that loses parts makes it begin anew more than once. */
const MOST_TRIES = 3;
const FOLDER_LENGTH = 40;
/** Behind the key of the file. */
export const SIDECAR_END = '.meta.json';
const ENDINGS = { csv: '.csv', ndjson: '.ndjson', json: '.json', parquet: '.parquet' } as const;
/** An estimate that is passed moves on: progress stays below its end until the last row. */
const BEYOND_ESTIMATE = 1.05;

/** @throws JobError `invalid-options` */
export function exporter({ storage, connections = {}, folders = [], maxRowBytes = DEFAULT_MAX_ROW_BYTES }: ExportSettings): Exporter {
  if (typeof storage === 'string' && !isAbsolute(storage)) throw invalidOption('storage', 'an absolute path or a storage', storage);
  const wrong = Object.keys(connections).find((name) => !CONNECTION_NAME.test(name));
  if (wrong !== undefined) throw invalidOption('the name of a connection', 'a–z 0–9 _ -, first a letter', wrong);
  checkInteger(maxRowBytes, 'maxRowBytes', { min: LEAST_MAX_ROW_BYTES, max: MOST_MAX_ROW_BYTES });
  return {
    storage: typeof storage === 'string' ? new FolderStorage(storage) : storage,
    connections: new Map(Object.entries(connections)),
    folders,
    maxRowBytes,
    partBytes: PART_BYTES,
  };
}

/** The handler over an exporter. */
export function exportHandler(exporter: Exporter): ServedHandler<typeof exportData> {
  return async (input, context, services) => {
    const plan = planOf(input, context, { exporter, services });
    // What an attempt that was killed had begun.
    await removeFrom(plan.storage, plan.folder, ({ isDraft }) => !isDraft);
    const kept = context.lastCheckpoint;
    let checkpoint = kept?.recipe === plan.recipe ? kept : undefined;
    let restarts = checkpoint?.restarts ?? 0;
    for (let tries = 1; ; tries += 1) {
      try {
        const sidecar = await exportOnce(plan, checkpoint, { restarts, keepMs: input.keepFor, jobId: context.jobId });
        await removeFrom(plan.storage, partsFolder(plan.folder));
        return resultOf(plan, sidecar, restarts);
      } catch (error) {
        if (!(error instanceof BeginAnew)) throw error;
        if (tries === MOST_TRIES) throw new JobError('source-unavailable', `The export could not be finished. ${error.message}`);
        context.progress(0, `from the first row again: ${error.message}`);
        checkpoint = undefined;
        restarts += 1;
      }
    }
  };
}

/** Removes what a job that has not completed left behind. */
export function exportCleanUp({ storage }: Exporter): CleanUpHooks<typeof exportData> {
  const remove = async (_input: ExportInput, { jobId }: { readonly jobId: string }): Promise<void> =>
    await removeFrom(storage, folderOf(jobId));
  return { onCancel: remove, onFail: remove };
}

/** Ids hold any characters; a hash is a name. */
function folderOf(jobId: string): string {
  return createHash('sha256').update(jobId).digest('hex').slice(0, FOLDER_LENGTH);
}

interface Surroundings {
  readonly exporter: Exporter;
  readonly services: HandlerServices;
}

function planOf(input: ExportInput, context: ExportContext, { exporter, services }: Surroundings): ExportPlan {
  const { source, format, gzip, csv, name } = input;
  const { signal } = context;
  const zlib = gzip ? process.versions.zlib : undefined;
  return {
    storage: exporter.storage,
    folder: folderOf(context.jobId),
    fileName: `${name}${ENDINGS[format]}${gzip ? '.gz' : ''}`,
    recipe: createHash('sha256')
      .update(JSON.stringify([RECIPE, exporter.partBytes, source, format, zlib, format === 'csv' ? csv : undefined]))
      .digest('hex'),
    isGzipped: gzip,
    partBytes: exporter.partBytes,
    signal,
    open: () => openSource(source, exporter, { services, signal }),
    format: (columns) => formatOf(input, columns),
    onRows: (rows, estimatedRows) => context.progress(progressOf(rows, estimatedRows)),
    onDurable: (checkpoint) => context.checkpoint(checkpoint),
  };
}

async function openSource(
  source: ExportInput['source'],
  { connections, folders, maxRowBytes }: Exporter,
  { services, signal }: { readonly services: HandlerServices; readonly signal: AbortSignal },
): Promise<OpenSource> {
  switch (source.type) {
    case 'postgres':
      return await openPostgres({
        ...source,
        connection: connectionOf(source.connection, connections),
        name: source.connection,
        maxRowBytes,
        signal,
      });
    case 'file':
      return await openFile(source, folders, { maxRowBytes, signal });
    case 'analysis':
      return openAnalysis(source.jobId, source.table, await services.outcomeOf(source.jobId));
  }
}

function connectionOf(name: string, connections: Exporter['connections']): PostgresConnection {
  const connection = connections.get(name);
  if (connection !== undefined) return connection;
  const known = connections.size === 0 ? 'none' : [...connections.keys()].join(', ');
  throw new JobError('source-refused', `This worker has no connection ${show(name)}; it has: ${known}.`, { details: { connection: name } });
}

async function openFile(
  { path, format, delimiter }: Extract<ExportInput['source'], { type: 'file' }>,
  folders: readonly string[],
  limits: { readonly maxRowBytes: number; readonly signal: AbortSignal },
): Promise<OpenSource> {
  const file = await openAllowed(path, folders);
  try {
    return format === 'csv' ? await openCsv(file, { delimiter, ...limits }) : await openNdjson(file, limits);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function formatOf({ format, csv }: ExportInput, columns: readonly Column[]): Promise<Format> {
  switch (format) {
    case 'csv':
      return new CsvFormat(columns, csv);
    case 'ndjson':
    case 'json':
      return new JsonFormat(columns, { isArray: format === 'json' });
    case 'parquet':
      return await parquetFormat(columns);
  }
}

function progressOf(rows: number, estimatedRows: number | undefined): ProgressCount {
  return { done: rows, total: Math.max(estimatedRows ?? 0, Math.ceil(rows * BEYOND_ESTIMATE), 1), unit: 'rows' };
}

interface Once {
  readonly restarts: number;
  readonly keepMs: number;
  readonly jobId: string;
}

/** Makes the file and its description, or finds what an attempt made that was killed before it could say so. */
async function exportOnce(plan: ExportPlan, checkpoint: ExportCheckpoint | undefined, once: Once): Promise<ExportSidecar> {
  const described = checkpoint?.isWhole === true ? await describedBefore(plan, checkpoint) : undefined;
  return described ?? (await describe(plan, await runExport(plan, checkpoint, once.restarts), once));
}

async function describedBefore(
  { storage, folder, fileName }: ExportPlan,
  { sha256 }: ExportCheckpoint,
): Promise<ExportSidecar | undefined> {
  const key = `${folder}/${fileName}`;
  const [file, description] = await Promise.all([storage.stat(key), storage.stat(`${key}${SIDECAR_END}`)]);
  if (file === undefined || description === undefined) return undefined;
  const sidecar = exportSidecar.parse(JSON.parse(await textOf(storage.get(`${key}${SIDECAR_END}`))));
  return sidecar.sha256 === sha256 && sidecar.bytes === file.bytes ? sidecar : undefined;
}

async function describe(
  { storage, fileName }: ExportPlan,
  { key, ...file }: ExportedFile,
  { keepMs, jobId }: Once,
): Promise<ExportSidecar> {
  const completedMs = Date.now();
  const sidecar: ExportSidecar = {
    file: fileName,
    ...file,
    jobId,
    completedAt: new Date(completedMs).toISOString(),
    expiresAt: new Date(completedMs + keepMs).toISOString(),
  };
  await storage.put(`${key}${SIDECAR_END}`, only(`${JSON.stringify(sidecar, undefined, 2)}\n`));
  return sidecar;
}

function resultOf({ folder, fileName }: ExportPlan, sidecar: ExportSidecar, restarts: number): ReturnOf<typeof exportData> {
  const { rows, columns, bytes, sha256, expiresAt } = sidecar;
  const key = `${folder}/${fileName}`;
  return { key, sidecar: `${key}${SIDECAR_END}`, rows, columns: columns.length, bytes, sha256, expiresAt, restarts };
}
