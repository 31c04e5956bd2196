/**
 * Owns the dependencies that a `pom.xml` and the project files of .NET declare. Not an XML parser: it looks for elements by
 * their name, with searches whose time grows with the length of the text and no faster.
 */
import { type Dependency, dependency } from './dependency.ts';

/** Dependencies of the project itself: not of its build plugins, and not versions that `dependencyManagement` pins. */
export function mavenDependencies(text: string): Dependency[] {
  if (!text.includes('<project')) throw new Error('It has no project element.');
  const ranges = [
    ['<!--', '-->'],
    ['<dependencyManagement>', '</dependencyManagement>'],
    ['<build>', '</build>'],
    ['<exclusions>', '</exclusions>'],
  ] as const;
  const own = ranges.reduce((rest, [start, end]) => withoutRanges(rest, start, end), text);
  const properties = mavenProperties(own);
  const resolved = (value: string | undefined): string | undefined =>
    value?.replace(/\$\{([^}]{1,100})\}/g, (whole, name: string) => properties.get(name) ?? whole);
  return elements(own, 'dependency').map(({ content }) => {
    const field = (name: string): string | undefined => resolved(elements(content, name)[0]?.content.trim());
    const kind = field('optional') === 'true' ? 'optional' : field('scope') === 'test' ? 'development' : 'runtime';
    return dependency(`${field('groupId') ?? '?'}:${field('artifactId') ?? '?'}`, field('version'), kind);
  });
}

function mavenProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const { content } of elements(text, 'properties')) {
    for (const [, name = '', value = ''] of content.matchAll(/<([\w.-]{1,100})>([^<]{0,200})<\//g)) properties.set(name, value.trim());
  }
  const version = elements(withoutRanges(text, '<dependencies>', '</dependencies>'), 'version')[0]?.content.trim();
  if (version !== undefined) properties.set('project.version', version);
  return properties;
}

/** `PackageReference` of a project, `PackageVersion` of `Directory.Packages.props`, `package` of `packages.config`. */
export function nugetDependencies(text: string): Dependency[] {
  if (!/<(?:Project|packages)\b/.test(text)) throw new Error('It has no project element.');
  const own = withoutRanges(text, '<!--', '-->');
  return ['PackageReference', 'PackageVersion', 'package'].flatMap((element) =>
    elements(own, element).flatMap(({ attributes, content }) => {
      const name = attribute(attributes, 'Include') ?? attribute(attributes, 'id');
      if (name === undefined) return [];
      const version = attribute(attributes, 'Version') ?? elements(content, 'Version')[0]?.content;
      const isForBuild = /all/i.test(attribute(attributes, 'PrivateAssets') ?? elements(content, 'PrivateAssets')[0]?.content ?? '');
      const isDevelopment = isForBuild || attribute(attributes, 'developmentDependency') === 'true';
      return dependency(name, version, isDevelopment ? 'development' : 'runtime');
    }),
  );
}

/** Elements of this name, one after the other: `<name attributes>content</name>` or `<name attributes/>`. */
function elements(text: string, name: string): { readonly attributes: string; readonly content: string }[] {
  const found: { attributes: string; content: string }[] = [];
  const start = `<${name}`;
  let at = 0;
  for (let from = text.indexOf(start); from !== -1; from = text.indexOf(start, at)) {
    at = text.indexOf('>', from);
    if (at === -1) return found;
    const attributes = text.slice(from + start.length, at);
    // `<version>` is not `<versions>`.
    if (!/^(?:[\s/]|$)/.test(attributes)) continue;
    const contentAt = at + 1;
    if (!attributes.endsWith('/')) at = text.indexOf(`</${name}>`, at);
    if (at === -1) return found;
    found.push({ attributes, content: text.slice(contentAt, at) });
  }
  return found;
}

function attribute(attributes: string, name: string): string | undefined {
  return new RegExp(`\\s${name}\\s{0,5}=\\s{0,5}"([^"]*)"`, 'i').exec(` ${attributes}`)?.[1];
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
