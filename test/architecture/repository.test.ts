/** What may stand in a commit: no place that only one machine or one network knows, exact versions, a reason for each dependency. */
import { describe, expect, it } from 'vitest';
import { commitableFiles, packageJson, read } from './project.ts';

/** Written in parts, so that this file does not name them either. */
const HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['static', 'crates', 'io'],
  ['proxy', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
  ['deb', 'debian', 'org'],
].map((parts) => parts.join('.'));
const FOLDERS = [
  ['', 'work', ''],
  ['', 'root', ''],
  ['', 'Users', ''],
  ['..', 'shared', ''],
].map((parts) => parts.join('/'));
const BINARY = /\.(png|jpe?g|gif|ico|woff2?|gz|zip)$/;

function placesNamedIn(text: string): string[] {
  const isStart = (index: number) => !/[\w.-]/.test(text[index - 1] ?? ' ');
  const folders = FOLDERS.filter((folder) => {
    for (let index = text.indexOf(folder); index !== -1; index = text.indexOf(folder, index + 1)) if (isStart(index)) return true;
    return false;
  });
  return [...HOSTS.filter((host) => text.includes(host)), ...folders];
}

function unexplained(dependencies: readonly string[], page: string): { readonly missing: string[]; readonly stale: string[] } {
  const rows = page.matchAll(/^\| `([^`]+)`\s*\|([^|]+)\|([^|]+)\|$/gm);
  const explained = [...rows]
    .filter(([, , why = '', instead = '']) => why.trim().length > 10 && instead.trim() !== '')
    .map(([, name = '']) => name);
  return {
    missing: dependencies.filter((name) => !explained.includes(name)),
    stale: explained.filter((name) => !dependencies.includes(name)),
  };
}

function inexact(versions: Readonly<Record<string, string>>): string[] {
  return Object.entries(versions).flatMap(([name, version]) => (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${name}@${version}`]));
}

describe('the files of a commit', () => {
  const texts = commitableFiles().filter((path) => !BINARY.test(path));

  it('name no registry host and no folder of one machine', () => {
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.flatMap((path) => placesNamedIn(read(path)).map((place) => `${path}: ${place}`))).toEqual([]);
  });

  it('hold a lock file without download addresses', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string; integrity?: string }> };
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  });
});

describe('the direct dependencies', () => {
  const { dependencies, devDependencies } = packageJson();
  const all = { ...dependencies, ...devDependencies };

  it('have exact versions', () => {
    expect(inexact(all)).toEqual([]);
  });

  it('each have a row with a reason in docs/dependencies.md, and no row is left over', () => {
    expect(unexplained(Object.keys(all), read('docs/dependencies.md'))).toEqual({ missing: [], stale: [] });
  });
});

describe('the checks', () => {
  it('notice a host and a folder, not a path that only looks like one', () => {
    const [host = '', folder = ''] = [HOSTS[0], FOLDERS[0]];
    expect(placesNamedIn(`see https://${host}/ms`)).toEqual([host]);
    expect(placesNamedIn(`cd ${folder}main`)).toEqual([folder]);
    expect(placesNamedIn(`import './src${folder}x.ts'`)).toEqual([]);
  });

  it('notice a dependency without a reason and a row without a dependency', () => {
    const page =
      '| `ms` | reads durations as people write them | own parser |\n| `gone` | was needed once upon a time | – |\n| `bare` | x | – |';
    expect(unexplained(['ms', 'bare', 'new'], page)).toEqual({ missing: ['bare', 'new'], stale: ['gone'] });
  });

  it('notice a range', () => {
    expect(inexact({ a: '^1.0.0', b: '1.x', c: 'latest', d: '1.5.6-r.1', e: '1.2.3' })).toEqual(['a@^1.0.0', 'b@1.x', 'c@latest']);
  });
});
