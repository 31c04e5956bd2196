/** The TypeScript that readers copy from README and docs compiles against the package as it is now. */
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileErrors, docBlocks } from './doc-blocks.ts';
import { commitableFiles, read } from './project.ts';

const documents = commitableFiles().filter((path) => path.endsWith('.md'));

describe('code blocks of the documents', () => {
  it('compile', { timeout: 60_000 }, () => {
    expect(compileErrors(documents.flatMap((path) => docBlocks(path, read(path))))).toEqual([]);
  });
});

describe('links of the documents', () => {
  it('lead to files that are there, pictures too', () => {
    const files = new Set(commitableFiles());
    const links = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?<to>[^)#\s:]+)(?:#[^)]*)?\)/g)].map(({ groups }) => ({
        path,
        to: join(dirname(path), groups?.['to'] ?? ''),
      })),
    );
    expect(links.filter(({ to }) => to.startsWith('docs/pictures/')).length).toBeGreaterThan(5);
    expect(links.filter(({ to }) => !files.has(to) && ![...files].some((file) => file.startsWith(`${to}/`)))).toEqual([]);
  });
});

describe('the checker', () => {
  it('names the place of a block that does not compile, and lets blocks import each other', { timeout: 60_000 }, () => {
    const markdown = [
      '```ts',
      '// jobs/greet.ts: shown to readers',
      'export const greeting: string = "hi";',
      '```',
      'Text.',
      '<!-- given',
      'declare const name: string;',
      '-->',
      '```ts',
      "import { greeting } from './jobs/greet.ts';",
      'const both: number = greeting + name;',
      '```',
      '```sh',
      'not TypeScript',
      '```',
    ].join('\n');
    const blocks = docBlocks('docs/made-up.md', markdown);
    expect(blocks.map(({ place, file }) => [place, file])).toEqual([
      ['docs/made-up.md:1', 'jobs/greet.ts'],
      ['docs/made-up.md:9', 'line-9.ts'],
    ]);
    const errors = compileErrors(blocks);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^docs\/made-up\.md:9\(\d+,\d+\): error TS2322/);
  });
});
