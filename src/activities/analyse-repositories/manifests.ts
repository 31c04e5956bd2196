/**
 * Owns which files declare dependencies, and which direct ones each declares, of all kinds, with their versions as declared.
 * Reads leniently, line by line where a format allows it; nothing is resolved or run. A broken one is an entry with an error.
 */
import { messageOf } from '../../contract/errors.ts';
import { type Dependency, distinct } from './dependency.ts';
import { composerDependencies, npmDependencies } from './json-dependencies.ts';
import {
  gemspecDependencies,
  gems,
  goModules,
  gradleDependencies,
  mixDependencies,
  pubDependencies,
  requirements,
  setupCfgDependencies,
  swiftDependencies,
} from './line-dependencies.ts';
import { cargoDependencies, gradleCatalog, pipfileDependencies, pyprojectDependencies } from './toml-dependencies.ts';
import { isVendored } from './unwritten-files.ts';
import { mavenDependencies, nugetDependencies } from './xml-dependencies.ts';

/** What one file declares: each name once. */
export interface Manifest {
  readonly path: string;
  readonly ecosystem: string;
  readonly dependencies: readonly Dependency[];
  readonly error?: string;
}

interface Format {
  readonly ecosystem: string;
  /** The dependencies, repeated ones included. Throws when the text is not of this format. */
  readonly read: (text: string) => readonly Dependency[];
}

/** Bounds the time that parsing takes. */
const MAX_BYTES = 256 * 1024;
const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['package.json', { ecosystem: 'npm', read: npmDependencies }],
  ['composer.json', { ecosystem: 'composer', read: composerDependencies }],
  ['pyproject.toml', { ecosystem: 'pypi', read: pyprojectDependencies }],
  ['setup.cfg', { ecosystem: 'pypi', read: setupCfgDependencies }],
  ['Pipfile', { ecosystem: 'pypi', read: pipfileDependencies }],
  ['Cargo.toml', { ecosystem: 'cargo', read: cargoDependencies }],
  ['go.mod', { ecosystem: 'go', read: goModules }],
  ['pom.xml', { ecosystem: 'maven', read: mavenDependencies }],
  ['build.gradle', { ecosystem: 'maven', read: gradleDependencies }],
  ['build.gradle.kts', { ecosystem: 'maven', read: gradleDependencies }],
  ['libs.versions.toml', { ecosystem: 'maven', read: gradleCatalog }],
  ['Gemfile', { ecosystem: 'rubygems', read: gems }],
  ['Directory.Packages.props', { ecosystem: 'nuget', read: nugetDependencies }],
  ['packages.config', { ecosystem: 'nuget', read: nugetDependencies }],
  ['pubspec.yaml', { ecosystem: 'pub', read: pubDependencies }],
  ['mix.exs', { ecosystem: 'hex', read: mixDependencies }],
  ['Package.swift', { ecosystem: 'swift', read: swiftDependencies }],
]);
const PATTERNS: readonly (readonly [RegExp, Format])[] = [
  [/(?:^|\/)(?:[\w.-]*requirements[\w.-]*|requirements\/[\w.-]+)\.txt$/, { ecosystem: 'pypi', read: requirements }],
  [/\.gemspec$/, { ecosystem: 'rubygems', read: gemspecDependencies }],
  [/\.(?:cs|fs|vb)proj$/, { ecosystem: 'nuget', read: nugetDependencies }],
];

/** True for a dependency manifest that is the repository's own. */
export function isManifestPath(path: string): boolean {
  return formatOf(path) !== undefined && !isVendored(path);
}

/** What the manifest at `path` declares. Never throws: what is wrong with it is in `error`. */
export function readManifest(path: string, content: Buffer): Manifest {
  const format = formatOf(path);
  const ecosystem = format?.ecosystem ?? 'unknown';
  try {
    if (content.length > MAX_BYTES) throw new Error('It is larger than 256 KB.');
    const text = content
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .replaceAll('\r\n', '\n');
    return { path, ecosystem, dependencies: distinct(format?.read(text) ?? []) };
  } catch (error) {
    return { path, ecosystem, dependencies: [], error: messageOf(error).slice(0, 100) };
  }
}

function formatOf(path: string): Format | undefined {
  const named = FORMATS.get(path.slice(path.lastIndexOf('/') + 1));
  return named ?? PATTERNS.find(([pattern]) => pattern.test(path))?.[1];
}
