/**
 * Owns the dependencies that manifests in TOML declare. Not a TOML parser: it knows table headers, keys, arrays and inline
 * tables of strings, which is what dependencies are written in.
 */
import { type Dependency, dependency, type Kind, pythonDependency } from './dependency.ts';

interface Entry {
  /** `tool.poetry.dependencies` */
  readonly table: string;
  readonly key: string;
  /** The text after `=`; of an array or inline table, up to its end. */
  readonly value: string;
}

const CARGO_TABLE = /^(?:target\..*\.|workspace\.)?(dev-|build-)?dependencies(?:\.(.+))?$/;
const POETRY_TABLE = /^tool\.poetry\.(group\..*\.|dev-)?dependencies(?:\.(.+))?$/;

/** The crates that a `Cargo.toml` declares, by the names that they have in the registry. */
export function cargoDependencies(text: string): Dependency[] {
  return declarations(text, (table) => {
    const [whole, prefix, name] = CARGO_TABLE.exec(table) ?? [];
    if (whole === undefined) return undefined;
    return { kind: prefix === 'dev-' ? 'development' : prefix === 'build-' ? 'build' : 'runtime', name };
  });
}

/** The packages that a `pyproject.toml` declares: PEP 621, dependency groups (PEP 735), what its build needs (PEP 518), Poetry. */
export function pyprojectDependencies(text: string): Dependency[] {
  const standard = read(text).entries.flatMap(({ table, key, value }) => {
    const kind = kindOfArray(table, key);
    return kind === undefined ? [] : stringsIn(value).flatMap((requirement) => pythonDependency(requirement, kind) ?? []);
  });
  const poetry = declarations(text, (table) => {
    const [whole, prefix, name] = POETRY_TABLE.exec(table) ?? [];
    return whole === undefined ? undefined : { kind: prefix === undefined ? 'runtime' : 'development', name };
  });
  return [...standard, ...poetry.filter(({ name }) => name !== 'python')];
}

function kindOfArray(table: string, key: string): Kind | undefined {
  if (table === 'project' && key === 'dependencies') return 'runtime';
  if (table === 'project.optional-dependencies') return 'optional';
  if (table === 'dependency-groups') return 'development';
  return table === 'build-system' && key === 'requires' ? 'build' : undefined;
}

export function pipfileDependencies(text: string): Dependency[] {
  return declarations(text, (table) => {
    if (table === 'packages') return { kind: 'runtime', name: undefined };
    return table === 'dev-packages' ? { kind: 'development', name: undefined } : undefined;
  });
}

/** The libraries of a Gradle version catalog. */
export function gradleCatalog(text: string): Dependency[] {
  const { entries } = read(text);
  const versions = new Map(entries.filter(({ table }) => table === 'versions').map(({ key, value }) => [key, stringsIn(value)[0] ?? '']));
  return entries
    .filter(({ table }) => table === 'libraries')
    .flatMap(({ value }) => {
      const [group, name, version] = fieldOf(value, 'module')?.split(':') ?? stringOf(value)?.split(':') ?? [];
      const [library, part] = [group ?? fieldOf(value, 'group'), name ?? fieldOf(value, 'name')];
      if (library === undefined || part === undefined) return [];
      const reference = fieldOf(value, 'version.ref');
      return dependency(`${library}:${part}`, version ?? (reference === undefined ? fieldOf(value, 'version') : versions.get(reference)));
    });
}

/** `name` is given by a table for one dependency: `[dependencies.tokio]`. */
type TableReader = (table: string) => { readonly kind: Kind; readonly name: string | undefined } | undefined;

/** `name = "1"`, `name = { version = "1", … }`, `name.version = "1"`, and tables for one. */
function declarations(text: string, reader: TableReader): Dependency[] {
  const { tables, entries } = read(text);
  const parts = new Map<string, { readonly kind: Kind; readonly fields: string[] }>();
  const add = (name: string, kind: Kind, field: string): void => {
    const known = parts.get(`${kind} ${name}`) ?? { kind, fields: [] };
    known.fields.push(field);
    parts.set(`${kind} ${name}`, known);
  };
  for (const table of tables) {
    const { kind, name } = reader(table) ?? {};
    if (kind !== undefined && name !== undefined) add(name, kind, '');
  }
  for (const { table, key, value } of entries) {
    const { kind, name } = reader(table) ?? {};
    if (kind === undefined) continue;
    const [first = key, field] = key.split(/\.(?=[^.]*$)/);
    if (name !== undefined) add(name, kind, `${key} = ${value}`);
    else add(field === undefined ? key : first, kind, field === undefined ? value : `${field} = ${value}`);
  }
  return [...parts].map(([place, { kind, fields }]) => {
    const whole = fields.join(', ');
    const name = fieldOf(whole, 'package') ?? place.slice(kind.length + 1);
    const isOptional = kind === 'runtime' && /\boptional\s*=\s*true\b/.test(whole);
    const version = fields.map(stringOf).find((text) => text !== undefined) ?? fieldOf(whole, 'version') ?? fieldOf(whole, 'git');
    return dependency(name, version, isOptional ? 'optional' : kind);
  });
}

/** The text of a value that is one string. */
function stringOf(value: string): string | undefined {
  return /^(?:"([^"]*)"|'([^']*)')$/
    .exec(value)
    ?.slice(1)
    .find((text) => text !== undefined);
}

/** The string after `name =` in an inline table. */
function fieldOf(value: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s{,])${name.replace('.', '\\.')}\\s{0,5}=\\s{0,5}(?:"([^"]*)"|'([^']*)')`).exec(value);
  return found?.[1] ?? found?.[2];
}

function stringsIn(array: string): string[] {
  return [...array.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
}

function read(text: string): { readonly tables: string[]; readonly entries: Entry[] } {
  const tables: string[] = [];
  const entries: Entry[] = [];
  let table = '';
  let open: { key: string; parts: string[]; depth: number } | undefined;
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw);
    const header = /^\[\[?([^[\]]+)\]\]?$/.exec(line)?.[1];
    if (open !== undefined) {
      open.parts.push(line);
      open.depth += depthOf(line);
    } else if (header !== undefined) {
      table = header.replace(/["'\s]/g, '');
      tables.push(table);
    } else open = entryOf(line);
    if (open === undefined || open.depth > 0) continue;
    entries.push({ table, key: open.key, value: open.parts.join('') });
    open = undefined;
  }
  if (open !== undefined) throw new Error(`The array ${open.key.slice(0, 50)} does not end.`);
  if (tables.length === 0) throw new Error('It has no tables.');
  return { tables, entries };
}

function entryOf(line: string): { key: string; parts: string[]; depth: number } | undefined {
  const equals = line.indexOf('=');
  if (equals < 1) return undefined;
  const value = line.slice(equals + 1).trim();
  return { key: line.slice(0, equals).replace(/["'\s]/g, ''), parts: [value], depth: /^[[{]/.test(value) ? depthOf(value) : 0 };
}

/** Brackets that a line opens and does not close: also within an inline table only an array may go on in the next line. */
function depthOf(line: string): number {
  const outside = line.replace(/"[^"]*"|'[^']*'/g, '');
  return outside.split('[').length - outside.split(']').length;
}

/** A `#` within quotes begins no comment. */
function withoutComment(line: string): string {
  return (/^(?:[^"'#]|"[^"]*"|'[^']*')*/.exec(line)?.[0] ?? line).trim();
}
