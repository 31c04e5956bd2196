/** Owns what a store of files must do: whole files under keys. Its one adapter is a folder: `folder-storage.ts`. */

/** What a storage has under a key. */
export interface StoredFile {
  /** Names joined by `/`, as given to `put`. */
  readonly key: string;
  readonly bytes: number;
  /** When it was written last, ms since 1970. */
  readonly writtenMs: number;
  /** True for one whose writing was begun and is not finished; it cannot be got. */
  readonly isDraft: boolean;
}

export interface PutFile {
  readonly bytes: number;
  /** Of the content, in hex. */
  readonly sha256: string;
}

/**
 * Keeps files until they are deleted. A key is 1–10 names joined by `/`; a name is 1–200 of `A–Z a–z 0–9 . _ -`, first no dot.
 * All methods throw JobError `unavailable` when the storage cannot be used, and `invalid-options` for another key.
 */
export interface Storage {
  /**
   * Keeps the content under the key, in the place of an earlier one; resolves when it survives a power cut. A reader of the
   * key finds all of it or nothing of it. What `content` throws is thrown on, and nothing is kept.
   * @param sha256 of the content that is expected; another is not kept. @default any content
   * @throws JobError `conflict` for content that is not the one expected
   */
  put(key: string, content: AsyncIterable<Uint8Array>, sha256?: string): Promise<PutFile>;
  /** The content, piece by piece. @throws JobError `not-found` */
  get(key: string): AsyncIterable<Uint8Array>;
  /** Undefined when nothing whole is there. */
  stat(key: string): Promise<StoredFile | undefined>;
  /** Removes the file or draft. Harmless when there is none. */
  delete(key: string): Promise<void>;
  /** Files and drafts whose key begins with the names of `prefix`, in no order. `''`: all. */
  list(prefix: string): AsyncIterable<StoredFile>;
}
