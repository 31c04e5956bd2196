/** The package as users install it: what publint says of it, and that each entry point and the command are there and load. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it } from 'vitest';
import { packageJson, read, root } from './project.ts';

const { exports: entryPoints, bin } = packageJson();
const modules = Object.entries(entryPoints).filter(([name]) => name !== './package.json');

describe('the package', () => {
  it('passes publint', { timeout: 60_000 }, async () => {
    const { messages, pkg } = await publint({ pkgDir: root, level: 'suggestion', strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('packs dist and src, and nothing of tests, secrets or scripts', { timeout: 60_000 }, () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
    const top = new Set(files.map(({ path }) => path.split('/')[0] ?? ''));
    expect([...top].toSorted().filter((name) => name !== 'README.md')).toEqual(['LICENSE', 'dist', 'package.json', 'src']);
    expect(files.map(({ path }) => path)).toContain('dist/workflows/bundle.js');
  });

  it.each(modules)('offers %s, built from a module of its own', (_name, target) => {
    if (typeof target === 'string') throw new Error(`Expected types and default, got ${target}.`);
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
    if (!existsSync(resolve(root, source))) throw new Error(`Expected ${source} to exist.`);
  });

  it('loads by its name in plain Node, entry point by entry point', { timeout: 60_000 }, () => {
    const names = modules.map(([name]) => `holdfast${name.slice(1)}`);
    const program = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(await import(name)).length > 0);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' });
    expect(output.trim().split('\n')).toEqual(names.map((name) => `${name} true`));
  });

  it.each(Object.entries(bin))('has the command %s, ready to run', (_name, path) => {
    expect(read(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(resolve(root, path)).mode & 0o111).not.toBe(0);
  });
});
