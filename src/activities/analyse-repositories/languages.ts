/**
 * Owns which language a file is in, from its name and `#!` line, by GitHub Linguist's data. Where an extension belongs to
 * several languages, a table decides, or the language that most other files of the repository are in (`.h` is C++ beside `.cpp`).
 * Contents are not looked into.
 */
import type { Language } from './language-data.ts';
import { forEachWithPauses } from './pauses.ts';
import type { TreeFile } from './read-tree.ts';

/** Languages by file name, extension and interpreter. */
export interface LanguageIndex {
  readonly byFilename: ReadonlyMap<string, readonly Language[]>;
  readonly byExtension: ReadonlyMap<string, readonly Language[]>;
  readonly byInterpreter: ReadonlyMap<string, readonly Language[]>;
}

/** Of several languages with the same extension, the one that is meant in all but odd cases. */
const PREFERRED: Readonly<Record<string, string>> = {
  '.asc': 'AsciiDoc',
  '.as': 'ActionScript',
  '.bb': 'BitBake',
  '.bf': 'Brainfuck',
  '.cairo': 'Cairo',
  '.cfg': 'INI',
  '.cgi': 'Perl',
  '.cs': 'C#',
  '.cue': 'CUE',
  '.d': 'D',
  '.ddl': 'SQL',
  '.e': 'Eiffel',
  '.es': 'JavaScript',
  '.ex': 'Elixir',
  '.f': 'Fortran',
  '.for': 'Fortran',
  '.frag': 'GLSL',
  '.fs': 'F#',
  '.ftl': 'FreeMarker',
  '.fx': 'HLSL',
  '.gd': 'GDScript',
  '.gml': 'XML',
  '.gs': 'JavaScript',
  '.gts': 'Glimmer TS',
  '.hh': 'C++',
  '.html': 'HTML',
  '.jq': 'jq',
  '.json': 'JSON',
  '.lean': 'Lean 4',
  '.ls': 'LiveScript',
  '.md': 'Markdown',
  '.ml': 'OCaml',
  '.mm': 'Objective-C++',
  '.mod': 'Modula-2',
  '.mojo': 'Mojo',
  '.nu': 'Nushell',
  '.odin': 'Odin',
  '.php': 'PHP',
  '.pkl': 'Pkl',
  '.plist': 'XML Property List',
  '.properties': 'Java Properties',
  '.r': 'R',
  '.re': 'Reason',
  '.res': 'ReScript',
  '.rs': 'Rust',
  '.sc': 'Scala',
  '.scm': 'Scheme',
  '.shader': 'ShaderLab',
  '.sls': 'Salt',
  '.sol': 'Solidity',
  '.spec': 'RPM Spec',
  '.sql': 'SQL',
  '.srt': 'SubRip Text',
  '.st': 'Smalltalk',
  '.star': 'Starlark',
  '.svx': 'mdsvex',
  '.sw': 'Sway',
  '.tact': 'Tact',
  '.tl': 'Teal',
  '.toc': 'TeX',
  '.tpl': 'Smarty',
  '.ts': 'TypeScript',
  '.tsp': 'TypeSpec',
  '.tsx': 'TSX',
  '.txt': 'Text',
  '.typ': 'Typst',
  '.v': 'Verilog',
  '.yaml': 'YAML',
  '.yml': 'YAML',
  '.yy': 'Yacc',
};
/** What remains of a tie when no other file of the repository tells. */
const FALLBACK: Readonly<Record<string, string>> = {
  '.h': 'C',
  '.inc': 'PHP',
  '.m': 'Objective-C',
  '.pl': 'Perl',
  '.pp': 'Puppet',
  '.t': 'Perl',
  '.cls': 'TeX',
};

/** Which language each file is in: a function from a file to its language, undefined when its name says nothing. */
export async function languagesOf(files: Iterable<TreeFile>, index: LanguageIndex): Promise<(file: TreeFile) => Language | undefined> {
  const uses = new Map<string, number>();
  await forEachWithPauses(files, (file) => {
    const certain = certainLanguage(candidatesFor(index, file), file.path);
    if (certain !== undefined) uses.set(certain.name, (uses.get(certain.name) ?? 0) + 1);
  });
  return (file) => {
    const candidates = candidatesFor(index, file);
    return certainLanguage(candidates, file.path) ?? mostUsed(candidates, uses) ?? named(candidates, FALLBACK, file.path) ?? candidates[0];
  };
}

function candidatesFor({ byFilename, byExtension, byInterpreter }: LanguageIndex, { path, blob }: TreeFile): readonly Language[] {
  const alike = byFilename.get(path.slice(path.lastIndexOf('/') + 1));
  if (alike !== undefined) return alike;
  for (const extension of extensionsOf(path)) {
    const languages = byExtension.get(extension) ?? byExtension.get(extension.toLowerCase());
    if (languages !== undefined) return languages;
  }
  // Of several the first: a script for `node` without an extension is JavaScript, also beside TypeScript.
  return blob.interpreter === undefined ? [] : (byInterpreter.get(blob.interpreter) ?? []).slice(0, 1);
}

function certainLanguage(candidates: readonly Language[], path: string): Language | undefined {
  return candidates.length === 1 ? candidates[0] : named(candidates, PREFERRED, path);
}

function named(candidates: readonly Language[], table: Readonly<Record<string, string>>, path: string): Language | undefined {
  if (candidates.length < 2) return undefined;
  const name = table[path.slice(path.lastIndexOf('.')).toLowerCase()];
  return candidates.find((candidate) => candidate.name === name);
}

function mostUsed(candidates: readonly Language[], uses: ReadonlyMap<string, number>): Language | undefined {
  const used = candidates.filter(({ name }) => uses.has(name));
  return used.toSorted((a, b) => (uses.get(b.name) ?? 0) - (uses.get(a.name) ?? 0))[0];
}

/** `a.test.d.ts` → `.test.d.ts`, `.d.ts`, `.ts`: the longest that is known counts. */
function extensionsOf(path: string): string[] {
  const [, ...parts] = path
    .slice(path.lastIndexOf('/') + 1)
    .split('.')
    .slice(-4);
  return parts.map((_part, index) => `.${parts.slice(index).join('.')}`);
}

export function indexLanguages(languages: readonly Language[]): LanguageIndex {
  const byFilename = new Map<string, Language[]>();
  const byExtension = new Map<string, Language[]>();
  const byInterpreter = new Map<string, Language[]>();
  for (const language of languages) {
    for (const filename of language.filenames ?? []) add(byFilename, filename, language);
    for (const extension of language.extensions ?? []) add(byExtension, extension, language);
    for (const interpreter of language.interpreters ?? []) add(byInterpreter, interpreter, language);
  }
  return { byFilename, byExtension, byInterpreter };
}

function add(index: Map<string, Language[]>, key: string, language: Language): void {
  index.set(key, [...(index.get(key) ?? []), language]);
}
