/**
 * Owns the check that TypeScript blocks of Markdown files compile. Each block is a module of its own, in a folder per document:
 * - a first line `// jobs/send-email.ts` names its file, so that another block of the document can import it;
 * - an HTML comment `<!-- given … -->` right before a block holds code that the block needs and the reader does not.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { root } from './project.ts';

export interface DocBlock {
  /** `README.md:12`, the line of the block's fence. */
  readonly place: string;
  /** Path of its file within the document's folder. */
  readonly file: string;
  readonly code: string;
}

const BLOCK = /(?:<!-- given\n(?<given>[\s\S]*?)-->\n+)?^```(?:ts|typescript)\n(?<code>[\s\S]*?)^```/gm;

/** The TypeScript blocks of a document. `path` is how the document is called. */
export function docBlocks(path: string, markdown: string): DocBlock[] {
  return [...markdown.matchAll(BLOCK)].map((match) => {
    const { given = '', code = '' } = match.groups ?? {};
    const fence = match.index + match[0].indexOf('```');
    const line = markdown.slice(0, fence).split('\n').length;
    const name = /^\/\/ ([\w./-]+\.ts)\b/.exec(code)?.[1] ?? `line-${line}.ts`;
    return { place: `${path}:${line}`, file: name, code: `${given}${code}\nexport {};\n` };
  });
}

/** What the compiler says about the blocks, each with the place of its block. Empty when all compile. */
export function compileErrors(blocks: readonly DocBlock[]): string[] {
  if (blocks.length === 0) return [];
  // Within the package, so that `holdfast/…` means the package itself, and in a folder that git, lint and format pass over.
  mkdirSync(resolve(root, '.doc-blocks'), { recursive: true });
  const folder = mkdtempSync(resolve(root, '.doc-blocks', 'run-'));
  try {
    const places = writeBlocks(folder, blocks);
    const compiler = resolve(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('error'));
    return lines.map((line) => line.replace(/^[^(]+/, (file) => places.get(file) ?? file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeBlocks(folder: string, blocks: readonly DocBlock[]): Map<string, string> {
  const settings = { extends: '../../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: ['**/*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const places = new Map<string, string>();
  for (const { place, file, code } of blocks) {
    const path = `${place.replace(/:\d+$/, '').replaceAll(/\W/g, '-')}/${file}`;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
    places.set(path, place);
  }
  return places;
}
