/** Owns the dependencies that a `package.json` and a `composer.json` declare. */
import { type Dependency, dependency, type Kind } from './dependency.ts';

const NPM: readonly (readonly [section: string, kind: Kind])[] = [
  ['dependencies', 'runtime'],
  ['devDependencies', 'development'],
  ['peerDependencies', 'peer'],
  ['optionalDependencies', 'optional'],
];
const COMPOSER: typeof NPM = [
  ['require', 'runtime'],
  ['require-dev', 'development'],
];

export function npmDependencies(text: string): Dependency[] {
  return entriesOf(text, NPM);
}

export function composerDependencies(text: string): Dependency[] {
  // `php` and `ext-json` are what the platform must offer.
  return entriesOf(text, COMPOSER).filter(({ name }) => name.includes('/'));
}

function entriesOf(text: string, sections: typeof NPM): Dependency[] {
  const manifest: unknown = JSON.parse(text);
  if (!isRecord(manifest)) throw new Error('It is not a JSON object.');
  return sections.flatMap(([section, kind]) => {
    const entries = manifest[section];
    if (!isRecord(entries)) return [];
    return Object.entries(entries).map(([name, version]) => dependency(name, typeof version === 'string' ? version : undefined, kind));
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
