/** The scripts that make a fresh clone ready: what they refuse, what they skip, and that a build is told apart from a stale one. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface SetUp {
  readonly checkNode: (version: string) => void;
  readonly arePackagesInstalled: (folder: string) => boolean;
}
interface Freshness {
  readonly isFresh: () => boolean;
  readonly sourceHash: () => string;
  readonly stampFile: string;
}

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-set-up-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function load<T>(script: string, base = root): Promise<T> {
  return (await import(join(base, 'scripts', script))) as T;
}

describe('checkNode', () => {
  it.each(['20.20.0', '20.21.3', '22.0.0', '24.21.0'])('accepts %s', async (version) => {
    const { checkNode } = await load<SetUp>('set-up.mjs');
    expect(() => {
      checkNode(version);
    }).not.toThrow();
  });

  it.each(['18.20.8', '20.19.9'])('refuses %s and says what to install', async (version) => {
    const { checkNode } = await load<SetUp>('set-up.mjs');
    expect(() => {
      checkNode(version);
    }).toThrow(`Holdfast needs Node 20.20 or later, and this is ${version}. Install Node 24`);
  });
});

describe('arePackagesInstalled', () => {
  const installed = { 'node_modules/ms': { version: '2.1.3' } };

  async function check(lock: object, inPlace?: object): Promise<boolean> {
    const { arePackagesInstalled } = await load<SetUp>('set-up.mjs');
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': { name: 'x' }, ...lock } }));
    mkdirSync(join(folder, 'node_modules'));
    if (inPlace !== undefined) writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: inPlace }));
    return arePackagesInstalled(folder);
  }

  it('is true for the versions of the lock file', async () => {
    expect(await check(installed, installed)).toBe(true);
  });

  it('is true without the optional packages of another platform', async () => {
    expect(await check({ ...installed, 'node_modules/swc-mac': { version: '1.0.0', optional: true } }, installed)).toBe(true);
  });

  it.each([
    { what: 'nothing is installed', lock: installed, inPlace: undefined },
    { what: 'a version differs', lock: { 'node_modules/ms': { version: '2.1.4' } }, inPlace: installed },
    { what: 'a package is missing', lock: { ...installed, 'node_modules/zod': { version: '4.6.7' } }, inPlace: installed },
    { what: 'a package is too many', lock: {}, inPlace: installed },
  ])('is false when $what', async ({ lock, inPlace }) => {
    expect(await check(lock, inPlace)).toBe(false);
  });
});

describe('freshness', () => {
  it('follows contents: a change, a new file, and back again', async () => {
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
    mkdirSync(join(folder, 'src'));
    mkdirSync(join(folder, 'dist'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'src', 'a.ts'), 'export {};');
    const { isFresh, sourceHash, stampFile } = await load<Freshness>('freshness.mjs', folder);
    expect(isFresh()).toBe(false);
    writeFileSync(stampFile, JSON.stringify({ hash: sourceHash() }));
    expect(isFresh()).toBe(true);
    writeFileSync(join(folder, 'src', 'a.ts'), 'export const a = 1;');
    expect(isFresh()).toBe(false);
    writeFileSync(join(folder, 'src', 'a.ts'), 'export {};');
    expect(isFresh()).toBe(true);
    writeFileSync(join(folder, 'src', 'b.ts'), '');
    expect(isFresh()).toBe(false);
  });
});
