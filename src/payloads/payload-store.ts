/** Owns what a store of large values must do. Its one adapter is a folder: `folder-store.ts`. */
import type { StoredPayload } from '../contract/payload-reference.ts';

/** What the store has of a job. */
export interface StoredJob {
  readonly job: string;
  readonly values: readonly StoredValue[];
}

export interface StoredValue {
  readonly id: string;
  /** When it was written last, ms since 1970. */
  readonly writtenMs: number;
}

/** Keeps values of jobs until the job is gone. */
export interface PayloadStore {
  /**
   * Keeps the bytes; resolves when they survive a power cut. The same bytes of the same job are kept once.
   * @throws JobError `unavailable` when they cannot be written
   */
  put(job: string, body: Uint8Array): Promise<StoredPayload>;
  /** The bytes. @throws JobError `payload-missing` when they are gone or damaged; `unavailable` when they cannot be read now */
  get(stored: StoredPayload): Promise<Uint8Array>;
  /**
   * Keeps bytes under a name of the job, for good: letters, `-` and digits. False when there is a value of that name, which stays as it is.
   * @throws JobError `unavailable` when they cannot be written
   */
  putNamed(job: string, name: string, body: Uint8Array): Promise<boolean>;
  /** Those bytes; undefined when there is no value of that name. @throws JobError `payload-missing` when it is damaged; `unavailable` */
  getNamed(job: string, name: string): Promise<Uint8Array | undefined>;
  /** What they begin with, up to the first line's end; not proved to be whole. Undefined when there is no value of that name. */
  firstLine(job: string, name: string): Promise<string | undefined>;
  /** The names of the job. */
  names(job: string): Promise<readonly string[]>;
  /** Makes the values of the job count as written now. */
  refresh(job: string): Promise<void>;
  /** What the store has of a job; undefined for nothing. */
  stat(job: string): Promise<StoredJob | undefined>;
  /** Removes values of the job: those of these ids, else every one. Harmless when there is none. */
  delete(job: string, ids?: readonly string[]): Promise<void>;
  /** The jobs that have values here. */
  jobs(): AsyncIterable<StoredJob>;
}
