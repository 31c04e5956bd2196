/** Owns the repository that is analysed: made here, the same each time, with edits of a few lines as people make them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface MadeRepository {
  readonly folder: string;
  /** A commit, and the last one, which is {@link NEW_COMMITS} later. */
  readonly before: string;
  readonly after: string;
}

/** Commits that come between the first analysis and the second. */
export const NEW_COMMITS = 200;
const FILES = 3000;
const AUTHORS = 300;
const EXTENSIONS = ['ts', 'py', 'rs', 'go', 'java', 'md', 'json', 'c'];
const START = 1_300_000_000;
const MERGE_EVERY = 10;

/** A bare repository of `commits` commits in `folder`. */
export async function makeRepository(folder: string, commits: number): Promise<MadeRepository> {
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', folder]);
  const git = spawn('git', ['fast-import', '--quiet'], { cwd: folder, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(git, 'exit');
  await writeCommits(git.stdin, commits);
  git.stdin.end('done\n');
  await ended;
  const idOf = (name: string): string => execFileSync('git', ['rev-parse', name], { cwd: folder, encoding: 'utf8' }).trim();
  return { folder, before: idOf(`main~${NEW_COMMITS}`), after: idOf('main') };
}

async function writeCommits(stream: Writable, commits: number): Promise<void> {
  const random = seeded(1);
  const files = Array.from({ length: FILES }, (_file, file) => newFile(file, random));
  for (let index = 0; index < commits; index += 1) {
    const author = Math.floor(random() ** 3 * AUTHORS);
    const who = `Person ${author} <person${author}@example.org> ${START + index * 3600} +0000`;
    const isMerge = index % MERGE_EVERY === MERGE_EVERY - 1;
    const parents = isMerge ? `from :${index}\nmerge :${index - Math.floor(random() * (MERGE_EVERY - 1))}\n` : '';
    const changes = Array.from({ length: 1 + Math.floor(random() * 4) }, () => editOne(files, random, index));
    const text = `commit refs/heads/main\nmark :${index + 1}\nauthor ${who}\ncommitter ${who}\ndata 7\nchange\n${parents}${changes.join('')}\n`;
    if (!stream.write(text)) await once(stream, 'drain');
  }
}

function newFile(file: number, random: () => number): string[] {
  return Array.from({ length: 30 + Math.floor(random() * 200) }, (_line, line) => `line ${line} of file ${file}`);
}

/** Some files change far more often than others. */
function editOne(files: readonly string[][], random: () => number, commit: number): string {
  const file = Math.floor(random() ** 2 * files.length);
  const lines = files[file] ?? [];
  lines.splice(Math.floor(random() * lines.length), random() < 0.6 ? 1 : 0, `edited in ${commit}: ${Math.floor(random() * 1e6)}`);
  const content = `${lines.join('\n')}\n`;
  const path = `src/part-${file % 97}/file-${file}.${EXTENSIONS[file % EXTENSIONS.length]}`;
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}

/** Numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
