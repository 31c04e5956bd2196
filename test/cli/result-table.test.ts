import { describe, expect, it } from 'vitest';
import { resultTable, totalsLines } from '../../src/cli/result-table.ts';
import { plain, widthOf } from '../../src/cli/text.ts';
import { completed, failed, output } from './support/analysis.ts';

describe('the result of analyse-repositories', () => {
  it('is a table that fits 80 columns, with the errors below it', () => {
    const result = output(completed('hono'), failed('gone', 'The source could not be reached: no host of that name answered in time.'));
    expect(resultTable(result, 80, plain)).toEqual([
      'repository  commits  authors  bus  files  languages        licence    age',
      'hono          2 704      212    3    486  TypeScript, CSS  MIT      3.9 y',
      'gone        failed after 3 attempts',
      '',
      'gone: The source could not be reached: no host of that name answered in time.',
      '  (source-unavailable)',
    ]);
  });

  it('shows more on a wide terminal', () => {
    expect(resultTable(output(completed('hono')), 140, plain)).toEqual([
      'repository  commits  authors  bus  files   lines  languages        licence    age  last commit  depends on  hotspot',
      'hono          2 704      212    3    486  78 901  TypeScript, CSS  MIT      3.9 y  2025-11-20           31  src/context.ts',
    ]);
  });

  it('leaves out columns rather than getting wider than the terminal', () => {
    const huge = completed('日本語のとても長いリポジトリの名前です', {
      commits: { total: 1_234_567, merges: 0, firstAt: null, lastAt: null, ageDays: 40, byMonth: [] },
      files: { total: 12_345_678, symlinks: 0, submodules: 0, binary: 0, unread: 0, unwritten: 0, bytes: 0, lines: 1 },
      licences: [
        { path: 'LICENSE', spdx: 'LicenseRef-very-long-name' },
        { path: 'COPYING', spdx: 'MIT' },
      ],
    });
    for (const width of [40, 60, 80, 100, 132, 200]) {
      const lines = resultTable(output(huge, failed('x', 'word '.repeat(1000))), width, plain);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    }
    expect(resultTable(output(huge), 40, plain)[0]).toBe('repository            commits      files');
  });

  it('says what is not there', () => {
    const empty = completed('empty', {
      commits: { total: 0, merges: 0, firstAt: null, lastAt: null, ageDays: 0, byMonth: [] },
      languages: [],
      licences: [],
    });
    expect(resultTable(output(empty), 80, plain)[1]).toBe('empty             0      212    3    486  78 901  –          none       –');
  });

  it('shows names and errors that try to command the terminal as text', () => {
    const lines = resultTable(output(failed('\u001B[2Jevil', 'one\r\u001B]0;x\u0007two')), 80, plain).join('\n');
    expect(lines).toContain('␛[2Jevil');
    expect(lines).toContain('one ␛]0;x·two');
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(lines).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('is added up', () => {
    expect(totalsLines(output(completed('a'), failed('b', 'no')), 7600)).toEqual([
      '2 repositories (1 completed, 1 failed) in 7.6 s',
      '2 704 commits, 486 files, 78 901 lines',
    ]);
    expect(totalsLines(output(completed('a')), 100)[0]).toBe('1 repository (1 completed) in 100 ms');
  });
});
