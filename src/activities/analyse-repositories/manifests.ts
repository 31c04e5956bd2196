/**
 * Owns which files declare dependencies, and how many direct ones each declares, of all kinds (development, optional).
 * Reads leniently, line by line where a format allows it; nothing is resolved or run. A broken one is an entry with an error.
 */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import { messageOf } from '../../contract/errors.ts';
import { cargoDependencies, pyprojectDependencies } from './toml-dependencies.ts';
import { isVendored } from './unwritten-files.ts';

export type Manifest = RepositoryReport['manifests'][number];

interface Format {
  readonly ecosystem: string;
  /** Names of the dependencies, repeated ones included. Throws when the text is not of this format. */
  readonly read: (text: string) => readonly string[];
}

/** Bounds the time that parsing holds the event loop. */
const MAX_BYTES = 256 * 1024;
const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  [
    'package.json',
    { ecosystem: 'npm', read: (text) => jsonKeys(text, ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) },
  ],
  ['composer.json', { ecosystem: 'composer', read: (text) => jsonKeys(text, ['require', 'require-dev']).filter(isComposerPackage) }],
  ['requirements.txt', { ecosystem: 'pypi', read: requirements }],
  ['pyproject.toml', { ecosystem: 'pypi', read: pyprojectDependencies }],
  ['Cargo.toml', { ecosystem: 'cargo', read: cargoDependencies }],
  ['go.mod', { ecosystem: 'go', read: goModules }],
  ['pom.xml', { ecosystem: 'maven', read: mavenDependencies }],
  ['Gemfile', { ecosystem: 'rubygems', read: gems }],
]);

/** True for a dependency manifest that is the repository's own. */
export function isManifestPath(path: string): boolean {
  return FORMATS.has(fileName(path)) && !isVendored(path);
}

/** What the manifest at `path` declares. Never throws: what is wrong with it is in `error`. */
export function readManifest(path: string, content: Buffer): Manifest {
  const format = FORMATS.get(fileName(path));
  const ecosystem = format?.ecosystem ?? 'unknown';
  try {
    if (content.length > MAX_BYTES) throw new Error('It is larger than 256 KB.');
    const names = format?.read(content.toString('utf8').replace(/^\uFEFF/, '')) ?? [];
    return { path, ecosystem, dependencies: new Set(names).size };
  } catch (error) {
    return { path, ecosystem, dependencies: 0, error: messageOf(error).slice(0, 100) };
  }
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function jsonKeys(text: string, sections: readonly string[]): string[] {
  const manifest: unknown = JSON.parse(text);
  if (!isRecord(manifest)) throw new Error('It is not a JSON object.');
  return sections.flatMap((section) => {
    const entries = manifest[section];
    return isRecord(entries) ? Object.keys(entries) : [];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `php` and `ext-json` are what the platform must offer. */
function isComposerPackage(name: string): boolean {
  return name.includes('/');
}

function requirements(text: string): string[] {
  return lines(text, '#').flatMap((line) => /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0]?.toLowerCase() ?? []);
}

function goModules(text: string): string[] {
  const statements = lines(text, '//');
  if (!statements.some((line) => line.startsWith('module '))) throw new Error('It has no module line.');
  let isInBlock = false;
  return statements.flatMap((line) => {
    if (/^require\s*\($/.test(line)) isInBlock = true;
    else if (line === ')') isInBlock = false;
    const module = isInBlock ? /^(\S+)\s+v/.exec(line) : /^require\s+(\S+)\s+v/.exec(line);
    return module?.[1] ?? [];
  });
}

/** Dependencies of the project itself: not of its build plugins, and not versions that `dependencyManagement` pins. */
function mavenDependencies(text: string): string[] {
  if (!text.includes('<project')) throw new Error('It has no project element.');
  const ranges = [
    ['<!--', '-->'],
    ['<dependencyManagement>', '</dependencyManagement>'],
    ['<build>', '</build>'],
  ] as const;
  const own = ranges.reduce((rest, [start, end]) => withoutRanges(rest, start, end), text);
  return own
    .split('<dependency>')
    .slice(1)
    .map((_dependency, index) => String(index));
}

/** By index, not by a regular expression: that would take quadratic time on a file of starts without an end. */
function withoutRanges(text: string, start: string, end: string): string {
  const kept: string[] = [];
  let at = 0;
  for (let from = text.indexOf(start); from !== -1; from = text.indexOf(start, at)) {
    kept.push(text.slice(at, from));
    const to = text.indexOf(end, from);
    if (to === -1) return kept.join('');
    at = to + end.length;
  }
  return kept.join('') + text.slice(at);
}

function gems(text: string): string[] {
  return lines(text, '#').flatMap((line) => /^gem[\s(]+["']([^"']+)["']/.exec(line)?.[1] ?? []);
}

/** The lines that say something, without comments and outer spaces. */
function lines(text: string, comment: string): string[] {
  return text
    .split('\n')
    .map((line) => (line.split(comment, 1)[0] ?? '').trim())
    .filter((line) => line !== '');
}
