/**
 * Owns links to the files of exports. A link carries what it is for and until when, and a signature of that: whoever has it needs
 * no key, and nothing about it is kept. The secret of the signatures lies in the data folder, so that links outlive a restart.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { basename } from 'node:path';
import { toMs, type Duration } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import { invalidOption } from '../contract/options.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';
import { exportData } from '../jobs/export-data.ts';
import type { Storage } from '../storage/storage.ts';
import type { FileAnswer } from './context.ts';

const DEFAULT_MS = 3_600_000;
const MAX_MS = 7 * 86_400_000;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
  gz: 'application/gzip',
};

export interface DownloadLink {
  readonly token: string;
  readonly expiresAt: string;
  readonly fileName: string;
  readonly bytes: number;
}

export class Downloads {
  readonly #storage: Storage;
  readonly #secret: Uint8Array;

  /** @param secret 32 random bytes, the same as long as links are to be good */
  constructor(storage: Storage, secret: Uint8Array) {
    this.#storage = storage;
    this.#secret = secret;
  }

  /**
   * A link to the file of a completed export.
   * @param expiresIn 1 s–7 days. @default 1 hour
   * @throws JobError `conflict` for another job; `not-found` when its file is gone; `invalid-options`
   */
  async link({ id, type, status, output }: JobSnapshot, expiresIn: Duration = DEFAULT_MS): Promise<DownloadLink> {
    if (type !== exportData.name || status !== 'completed')
      throw new JobError(
        'conflict',
        `The job "${id}" (${type}) is ${status}. Only a completed job of the type ${exportData.name} has a file.`,
        {
          details: { id, type, status },
        },
      );
    const validMs = toMs(expiresIn, 'expiresIn');
    if (validMs < 1000 || validMs > MAX_MS) throw invalidOption('expiresIn', 'from 1 s to 7 days', expiresIn);
    const { key } = output as { key: string };
    const file = await this.#storage.stat(key);
    if (file === undefined) throw gone(key);
    const expiresMs = Date.now() + validMs;
    const claim = Buffer.from(JSON.stringify({ key, expiresMs })).toString('base64url');
    return {
      token: `${claim}.${this.#signature(claim).toString('base64url')}`,
      expiresAt: new Date(expiresMs).toISOString(),
      fileName: basename(key),
      bytes: file.bytes,
    };
  }

  /** The file of a link. @throws JobError `not-found` for a link that was not made here or whose file is gone; `link-expired` */
  async open(token: string): Promise<FileAnswer> {
    const { key, expiresMs } = this.#claimOf(token);
    if (expiresMs <= Date.now()) throw new JobError('link-expired', 'The link has expired. Ask for another at /v1/jobs/{id}/download.');
    const file = await this.#storage.stat(key);
    if (file === undefined) throw gone(key);
    const ending = key.split('.').at(-1) ?? '';
    return {
      fileName: basename(key),
      mediaType: MEDIA_TYPES[ending] ?? 'application/octet-stream',
      bytes: file.bytes,
      content: this.#storage.get(key),
    };
  }

  #claimOf(token: string): { readonly key: string; readonly expiresMs: number } {
    const [claim = '', given = ''] = token.split('.');
    const signature = this.#signature(claim);
    const sent = Buffer.from(given, 'base64url');
    if (sent.length !== signature.length || !timingSafeEqual(sent, signature)) throw new JobError('not-found', 'There is no such link.');
    return JSON.parse(Buffer.from(claim, 'base64url').toString()) as { key: string; expiresMs: number };
  }

  #signature(claim: string): Buffer {
    return createHmac('sha256', this.#secret).update(claim).digest();
  }
}

function gone(key: string): JobError {
  return new JobError('not-found', `The file ${basename(key)} is gone: exports are removed when their time is over. Run the export again.`);
}
