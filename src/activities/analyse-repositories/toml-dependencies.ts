/**
 * Owns the dependencies that a `pyproject.toml` and a `Cargo.toml` declare. Not a TOML parser: it knows table headers, keys
 * and arrays of strings, which is what dependencies are written in.
 */
interface Entry {
  /** `tool.poetry.dependencies` */
  readonly table: string;
  readonly key: string;
  /** The text after `=`; of an array, up to its end. */
  readonly value: string;
}

const CARGO_TABLE = /^(?:target\..*\.|workspace\.)?(?:dev-|build-)?dependencies$/;
const CARGO_ONE = /^(?:target\..*\.|workspace\.)?(?:dev-|build-)?dependencies\.([^.]+)$/;
const POETRY_TABLE = /^tool\.poetry\.(?:group\..*\.)?(?:dev-)?dependencies$/;
const ARRAY_TABLE = /^(?:project\.optional-dependencies|dependency-groups)$/;

/** Names of the crates that a `Cargo.toml` declares. */
export function cargoDependencies(text: string): string[] {
  const { tables, entries } = read(text);
  const declaredAlone = tables.flatMap((table) => CARGO_ONE.exec(table)?.[1] ?? []);
  const declaredTogether = entries.filter(({ table }) => CARGO_TABLE.test(table)).map(({ key }) => key.split('.', 1)[0] ?? key);
  return [...declaredAlone, ...declaredTogether];
}

/** Names of the packages that a `pyproject.toml` declares: PEP 621, dependency groups (PEP 735), Poetry. */
export function pyprojectDependencies(text: string): string[] {
  return read(text).entries.flatMap(({ table, key, value }) => {
    if (POETRY_TABLE.test(table)) return key === 'python' ? [] : [key];
    const isArray = ARRAY_TABLE.test(table) || (table === 'project' && key === 'dependencies');
    return isArray ? packagesIn(value) : [];
  });
}

function packagesIn(array: string): string[] {
  const texts = [...array.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
  return texts.flatMap((text) => /^[A-Za-z0-9][\w.-]*/.exec(text)?.[0]?.toLowerCase() ?? []);
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
  return { key: line.slice(0, equals).replace(/["'\s]/g, ''), parts: [value], depth: value.startsWith('[') ? depthOf(value) : 0 };
}

/** Brackets that a line opens and does not close. */
function depthOf(line: string): number {
  const outside = line.replace(/"[^"]*"|'[^']*'/g, '');
  return outside.split('[').length - outside.split(']').length;
}

/** A `#` within quotes begins no comment. */
function withoutComment(line: string): string {
  return (/^(?:[^"'#]|"[^"]*"|'[^']*')*/.exec(line)?.[0] ?? line).trim();
}
