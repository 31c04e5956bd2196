/** Owns small pieces of work on any storage: a short content as one piece, the whole of a short file, a folder cleared away. */
import type { Storage, StoredFile } from './storage.ts';

/** The content of a file in one piece. */
export async function* only(content: string | Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield typeof content === 'string' ? Buffer.from(content) : content;
}

/** The whole content as text. For files of a few kilobytes. */
export async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** Removes from a folder of the storage whatever is not kept, drafts included. */
export async function removeFrom(storage: Storage, folder: string, isKept: (file: StoredFile) => boolean = () => false): Promise<void> {
  for await (const file of storage.list(folder)) if (!isKept(file)) await storage.delete(file.key);
}
