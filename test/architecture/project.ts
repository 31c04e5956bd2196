/** Owns the reading of the project's own files for the architecture tests. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Sources } from './module-graph.ts';

export const root = resolve(import.meta.dirname, '../..');

export interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
}

export function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

export function packageJson(): PackageJson {
  return JSON.parse(read('package.json')) as PackageJson;
}

/** Every TypeScript module below `folder`. */
export function sourcesOf(folder: string): Sources {
  const entries = readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' });
  const paths = entries.map((entry) => `${folder}/${entry.replaceAll('\\', '/')}`).filter((path) => path.endsWith('.ts'));
  return new Map(paths.toSorted().map((path) => [path, read(path)]));
}

/** Every file that is in a commit or could be in the next one: tracked or not ignored. */
export function commitableFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((path) => path !== '' && existsSync(resolve(root, path)));
}
