/**
 * Owns the reading of modules for the architecture tests: who loads whom when the program runs, and the rules about it.
 * Type-only imports are no edges: they are gone from the compiled code. `import { type X } from` is one: the compiled code still loads the
 * module under verbatimModuleSyntax. Which rules the project has is not known here: `imports.test.ts` does.
 */
import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** Sources by path: `src/client.ts` → text. Paths are relative to the project and written with `/`. */
export type Sources = ReadonlyMap<string, string>;

export interface Module {
  /** Paths of the modules of the project that it loads. */
  readonly modules: readonly string[];
  /** Names of the packages it loads, without a path inside: `@temporalio/client`, `ms`, `node:fs`. */
  readonly packages: readonly string[];
}

/** Modules by path. */
export type ModuleGraph = ReadonlyMap<string, Module>;

/** What a folder or a module may load. */
export interface Layer {
  readonly name: string;
  /** Path prefix of a folder (ends in `/`) or the path of a module. */
  readonly path: string;
  /** 0 is the lowest. A layer loads lower ones and itself, never one of the same rank. */
  readonly rank: number;
}

/** The graph of `sources`: static and dynamic imports and re-exports. */
export function moduleGraph(sources: Sources): ModuleGraph {
  return new Map([...sources].map(([path, text]) => [path, readModule(path, text)]));
}

function readModule(path: string, text: string): Module {
  const specifiers = loadedBy(path, text);
  const isInside = (specifier: string) => specifier.startsWith('.');
  return {
    modules: specifiers.filter(isInside).map((specifier) => posix.join(posix.dirname(path), specifier)),
    packages: specifiers.filter((specifier) => !isInside(specifier)).map(packageName),
  };
}

function loadedBy(path: string, text: string): string[] {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message ?? ''}`);
  const fixed = program.body.flatMap((node) => {
    if (node.type === 'ImportDeclaration') return node.importKind === 'type' ? [] : [node.source.value];
    if (node.type === 'ExportAllDeclaration') return node.exportKind === 'type' ? [] : [node.source.value];
    if (node.type === 'ExportNamedDeclaration' && node.source !== null) return node.exportKind === 'type' ? [] : [node.source.value];
    return [];
  });
  const late = module.dynamicImports.flatMap(({ moduleRequest }) => {
    const literal = /^['"`]([^'"`$]+)['"`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    return literal?.[1] === undefined ? [] : [literal[1]];
  });
  return [...fixed, ...late];
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The layer that a module belongs to: the longest path that fits. */
export function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  const fits = layers.filter((layer) => path === layer.path || (layer.path.endsWith('/') && path.startsWith(layer.path)));
  return fits.toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** A sentence for each import that does not go down, for each module without a layer and for each import of a module that is not there. */
export function layerViolations(graph: ModuleGraph, layers: readonly Layer[]): string[] {
  return [...graph].flatMap(([path, { modules }]) => {
    const from = layerOf(path, layers);
    if (from === undefined) return [`${path} stands in no layer`];
    return modules.flatMap((target) => {
      if (!graph.has(target)) return [`${path} imports ${target}, which is not there`];
      const to = layerOf(target, layers);
      return to === undefined || to.name === from.name || to.rank < from.rank
        ? []
        : [`${path} (${from.name}) imports ${target} (${to.name})`];
    });
  });
}

/** Sentences for modules under `from` that load a package that `isAllowed` refuses, themselves or through others, each with the way there. */
export function packageLeaks(graph: ModuleGraph, from: string, isAllowed: (packageName: string) => boolean): string[] {
  const starts = [...graph.keys()].filter((path) => path === from || (from.endsWith('/') && path.startsWith(from)));
  const ways = starts.flatMap((start) => [...reachable(graph, start)]);
  const leaks = ways.flatMap(([path, way]) => {
    const names = graph.get(path)?.packages ?? [];
    return names.filter((name) => !isAllowed(name)).map((name) => [...way, name].join(' → '));
  });
  return [...new Set(leaks)];
}

/** Every module that `start` loads, itself included, with the shortest way to it. */
export function reachable(graph: ModuleGraph, start: string): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [path, way] of ways) {
    for (const next of graph.get(path)?.modules ?? []) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return ways;
}

/** Modules that use `process.env` or `process.exit`, also as a named import of `node:process`. */
export function processUses(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    const { program } = parseSync(path, text);
    return usesProcess(program) ? [path] : [];
  });
}

const WATCHED = new Set(['env', 'exit']);

function usesProcess(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(usesProcess);
  if (typeof node !== 'object' || node === null) return false;
  return isWatched(node) || Object.values(node).some(usesProcess);
}

function isWatched(node: object): boolean {
  const { type } = node as { type?: unknown };
  if (type === 'MemberExpression') {
    const { object, property } = node as { object: { type: string; name?: string }; property: { name?: string; value?: unknown } };
    return object.type === 'Identifier' && object.name === 'process' && WATCHED.has(property.name ?? String(property.value));
  }
  if (type === 'ImportDeclaration') {
    const { source, specifiers } = node as { source: { value: string }; specifiers: readonly { imported?: { name?: string } }[] };
    return /^(node:)?process$/.test(source.value) && specifiers.some(({ imported }) => WATCHED.has(imported?.name ?? ''));
  }
  if (type === 'VariableDeclarator') {
    const { id, init } = node as { id: { type: string }; init: { type?: string; name?: string } | null };
    return id.type === 'ObjectPattern' && init?.type === 'Identifier' && init.name === 'process';
  }
  return false;
}
