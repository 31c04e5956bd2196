/**
 * Owns the loading of GitHub Linguist's data, in a thread of its own: evaluating its 833 modules would hold the worker's
 * event loop for over 100 ms and keep 27 MB for good. Only what is used here comes back.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** A language of Linguist, as far as it is used here. */
export interface Language {
  readonly name: string;
  /** `programming`, `markup`, `data` or `prose`. */
  readonly type: string;
  readonly extensions?: readonly string[];
  readonly filenames?: readonly string[];
  readonly interpreters?: readonly string[];
}

const require = createRequire(import.meta.url);
/** As text and not as a file: it runs the same from the sources and from the package. */
const READ_LANGUAGES = `
  const { parentPort, workerData } = require('node:worker_threads');
  const pick = ({ name, type, extensions, filenames, interpreters }) => ({ name, type, extensions, filenames, interpreters });
  import(workerData).then((languages) => parentPort.postMessage(Object.values(languages).map(pick)));
`;

let loading: Promise<readonly Language[]> | undefined;

/** All languages, in the order of their names. Loaded at the first call: a worker that analyses nothing does not pay for it. */
export async function languageData(): Promise<readonly Language[]> {
  loading ??= readLanguages();
  return await loading.catch((error: unknown) => {
    // The next analysis tries again.
    loading = undefined;
    throw error;
  });
}

async function readLanguages(): Promise<readonly Language[]> {
  const entry = require.resolve('linguist-languages');
  const thread = new Worker(READ_LANGUAGES, { eval: true, workerData: pathToFileURL(entry).href });
  try {
    const [languages] = (await once(thread, 'message')) as [readonly Language[]];
    return languages;
  } finally {
    await thread.terminate();
  }
}
