/** Owns what a declared dependency is, whatever the ecosystem. */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';

export type Dependency = Omit<RepositoryReport['dependencies'][number], 'manifest'>;
export type Kind = Dependency['kind'];

const MAX_NAME_LENGTH = 200;
const MAX_VERSION_LENGTH = 100;
const ANY_VERSION = new Set(['', '*', 'latest.release']);
/** Of a URL: what comes before the host may be a token. */
const USER_OF_URL = /(?<=\/\/)[^/@\s]*@/g;

/** A dependency with its version, left out when it is empty or any. */
export function dependency(name: string, version: string | undefined, kind: Kind = 'runtime'): Dependency {
  const text = version?.trim().replaceAll(USER_OF_URL, '').slice(0, MAX_VERSION_LENGTH) ?? '';
  return { name: name.trim().slice(0, MAX_NAME_LENGTH), ...(ANY_VERSION.has(text) ? {} : { version: text }), kind };
}

/** Each name once: the first declaration counts. */
export function distinct(dependencies: readonly Dependency[]): Dependency[] {
  const byName = new Map<string, Dependency>();
  for (const one of dependencies) if (!byName.has(one.name)) byName.set(one.name, one);
  return [...byName.values()];
}

/**
 * What a requirement after PEP 508 names: `flask[async]>=2; python_version < "3.8"`. Undefined for an option or a comment.
 * Names in lower case, as the index compares them.
 */
export function pythonDependency(requirement: string, kind: Kind = 'runtime'): Dependency | undefined {
  const [, name, rest = ''] = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?(.*)$/.exec(requirement) ?? [];
  if (name === undefined) return undefined;
  const version = rest
    .split(/;|\s--/, 1)[0]
    ?.replace(/^\s*@/, '')
    .replace(/^\s*\(([^)]*)\)\s*$/, '$1');
  return dependency(name.toLowerCase(), version, kind);
}

/** The lines that say something, without outer spaces and without comments, which begin the line or follow a space. */
export function statements(text: string, comment: string): string[] {
  return text.split('\n').flatMap((line) => {
    const trimmed = withoutComment(line, comment).trim();
    return trimmed === '' ? [] : [trimmed];
  });
}

function withoutComment(line: string, comment: string): string {
  if (line.trimStart().startsWith(comment)) return '';
  const at = line.search(comment === '#' ? /\s#/ : /\s\/\//);
  return at === -1 ? line : line.slice(0, at);
}
