/** Owns the dependencies that manifests written line by line declare, those in a programming language included: they are read, never run. */
import { type Dependency, dependency, type Kind, pythonDependency, statements } from './dependency.ts';

export function requirements(text: string): Dependency[] {
  return statements(text.replaceAll('\\\n', ' '), '#').flatMap((line) => pythonDependency(line) ?? []);
}

/** `install_requires` and `extras_require` of a `setup.cfg`. */
export function setupCfgDependencies(text: string): Dependency[] {
  let section = '';
  let key = '';
  return text.split('\n').flatMap((line) => {
    section = /^\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const isContinued = /^\s/.test(line);
    const [, name, first = ''] = isContinued ? [] : (/^([\w.-]+)\s*[=:](.*)$/.exec(line) ?? []);
    key = name ?? key;
    const requirement = isContinued ? line.trim() : first.trim();
    if (requirement === '' || requirement.startsWith('#')) return [];
    if (section === 'options' && key === 'install_requires') return pythonDependency(requirement) ?? [];
    return section === 'options.extras_require' ? (pythonDependency(requirement, 'optional') ?? []) : [];
  });
}

export function goModules(text: string): Dependency[] {
  const lines = text.split('\n').map((line) => line.trim());
  if (!lines.some((line) => line.startsWith('module '))) throw new Error('It has no module line.');
  let isInBlock = false;
  return lines.flatMap((line) => {
    if (/^require\s*\($/.test(line)) isInBlock = true;
    else if (line === ')') isInBlock = false;
    const [, name, version, rest = ''] = (isInBlock ? /^(\S+)\s+(v\S+)(.*)$/ : /^require\s+(\S+)\s+(v\S+)(.*)$/).exec(line) ?? [];
    if (name === undefined || name.startsWith('//')) return [];
    return dependency(name, version, /^\s*\/\/ ?indirect/.test(rest) ? 'indirect' : 'runtime');
  });
}

/** Gems of a group of development or test only are of that kind. */
export function gems(text: string): Dependency[] {
  const blocks: Kind[] = [];
  return statements(text, '#').flatMap((line) => {
    if (line === 'end') blocks.pop();
    else if (/\bdo(?: *\|[^|]*\|)?$|^(?:if|unless|case)\b/.test(line)) blocks.push(kindOfGroups(line, blocks.at(-1)));
    const [, name, rest = ''] = /^gem[\s(]+["']([^"']+)["'](.*)$/.exec(line) ?? [];
    return name === undefined ? [] : dependency(name, versionsIn(rest), kindOfGroups(rest, blocks.at(-1)));
  });
}

/** Of `group :development, :test do` and `gem 'x', group: [:test]`. */
function kindOfGroups(line: string, outer: Kind = 'runtime'): Kind {
  const [, groups] = /\bgroups?:?(?:\s*=>)?\s*\(?(\[?\s*:[\w\s:,]*)/.exec(line) ?? [];
  if (groups === undefined) return outer;
  const names = [...groups.matchAll(/:(\w+)/g)].map(([, name]) => name);
  return names.every((name) => name === 'development' || name === 'test') ? 'development' : outer;
}

/** `, '~> 7', '>= 7.1', require: false` → `~> 7, >= 7.1` */
function versionsIn(rest: string): string {
  const [versions = ''] = /^(?:\s*,\s*\[?\s*["'][^"']*["'])*/.exec(rest) ?? [];
  return [...versions.matchAll(/["']([^"']*)["']/g)].map(([, version]) => version).join(', ');
}

export function gemspecDependencies(text: string): Dependency[] {
  return statements(text, '#').flatMap((line) => {
    const [, development, name, rest = ''] = /\.add_(?:runtime_|(development_))?dependency[\s(]+["']([^"']+)["'](.*)$/.exec(line) ?? [];
    return name === undefined ? [] : dependency(name, versionsIn(rest), development === undefined ? 'runtime' : 'development');
  });
}

const GRADLE =
  /^(\w*?(?:implementation|api|compileonly|runtimeonly|compile|annotationprocessor|kapt|ksp))\b\s*\(?\s*(?:\w+\s*\(\s*)?(["'].*)$/i;
const GRADLE_MAP = /^(\w*?(?:implementation|api|compileonly|runtimeonly|compile))\b\s*\(?\s*group\s*[:=]\s*(.*)$/i;

/** What names its group, name and version. What comes from a version catalog stands there. */
export function gradleDependencies(text: string): Dependency[] {
  return statements(text, '//').flatMap((line) => {
    const [, configuration = '', quoted] = GRADLE.exec(line) ?? GRADLE_MAP.exec(line) ?? [];
    if (quoted === undefined) return [];
    const texts = [...quoted.matchAll(/["']([^"']*)["']/g)].map(([, part = '']) => part);
    const [group, name, version] = texts[0]?.includes(':') === true ? texts[0].split(':') : texts;
    if (group === undefined || name === undefined) return [];
    return dependency(`${group}:${name}`, version, kindOfConfiguration(configuration));
  });
}

function kindOfConfiguration(configuration: string): Kind {
  if (/test/i.test(configuration)) return 'development';
  return /annotationprocessor|kapt|ksp/i.test(configuration) ? 'build' : 'runtime';
}

const PUB_SECTIONS: Readonly<Record<string, Kind>> = { dependencies: 'runtime', dev_dependencies: 'development' };

/** The entries below `dependencies:` and `dev_dependencies:`, as far in as the first of them. */
export function pubDependencies(text: string): Dependency[] {
  let kind: Kind | undefined;
  let indent: string | undefined;
  return text.split('\n').flatMap((line) => {
    const section = /^(\w+):/.exec(line)?.[1];
    if (section !== undefined) {
      kind = PUB_SECTIONS[section];
      indent = undefined;
    }
    const [, space, name, version = ''] = /^( +)(\w+):([^#]*)/.exec(line) ?? [];
    if (kind === undefined || space === undefined || name === undefined) return [];
    indent ??= space;
    return space === indent ? dependency(name, version.replace(/^ *["']|["'] *$/g, ''), kind) : [];
  });
}

/** The tuples of the function `deps`: `{:phoenix, "~> 1.7", only: :test}`. */
export function mixDependencies(text: string): Dependency[] {
  const body = /\bdefp? deps\b(?:\(\))? do\b([\s\S]*)/.exec(statements(text, '#').join('\n'))?.[1] ?? '';
  return [...body.matchAll(/\{:(\w{1,100}),([^{}]{0,300})\}/g)].map(([, name = '', rest = '']) => {
    const isDevelopment = /only: *(?:\[(?: *:(?:dev|test|docs) *,?)+\]|:(?:dev|test|docs)\b)/.test(rest);
    return dependency(name, /^\s*"([^"]*)"/.exec(rest)?.[1], isDevelopment ? 'development' : 'runtime');
  });
}

/** `.package(url: "https://host/owner/name.git", from: "1.0.0")`; the name is the URL without protocol and `.git`. */
export function swiftDependencies(text: string): Dependency[] {
  const packages = statements(text, '//')
    .join(' ')
    .matchAll(/\.package\(([^()]{0,300})/g);
  return [...packages].flatMap(([, argumentList = '']) => {
    const url = /\burl: *"([^"]+)"/.exec(argumentList)?.[1];
    const version = /\b(?:from|exact|branch|revision): *"([^"]+)"|("[^"]+" *\.\.[.<] *"[^"]+")/.exec(argumentList);
    return url === undefined ? [] : dependency(url.replace(/^\w+:\/\/(?:[^/@]*@)?|\.git$/g, ''), version?.[1] ?? version?.[2]);
  });
}
