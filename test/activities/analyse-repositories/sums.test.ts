import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { busFactor } from '../../../src/activities/analyse-repositories/bus-factor.ts';
import { fitDetail } from '../../../src/activities/analyse-repositories/fit-detail.ts';
import { isPublicAddress } from '../../../src/activities/public-address.ts';
import { readRecords } from '../../../src/activities/analyse-repositories/records.ts';
import { TopList } from '../../../src/activities/analyse-repositories/top-list.ts';
import type { RepositoryReport } from '../../../src/jobs/analyse-repositories.ts';
import { makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench } from './run-analysis.ts';

const bench = new Bench();
afterAll(() => bench.remove());

test.each([
  [[], 0],
  [[5], 1],
  [[1, 1], 1],
  [[6, 4], 1],
  [[5, 5, 1], 2],
  [[1, 1, 1, 1], 2],
  [[1000, 202, 90, 33, 332, 343, 42, 433], 2],
  [[1, 100, 2], 1],
])('the bus factor of %j is %i', (commits, expected) => {
  expect(busFactor(commits)).toBe(expected);
});

describe('languages', () => {
  const languagesIn = async (name: string, files: Record<string, string>): Promise<Record<string, number>> => {
    const { languages } = await bench.analyse({ repository: makeRepository(join(bench.repositories, name), [{ files }]) });
    return Object.fromEntries(languages.map(({ language, files }) => [language, files]));
  };

  test('follow names, the longest known extension and the first line', async () => {
    const files = {
      Dockerfile: 'x',
      'a.ts': 'x',
      'b.TS': 'x',
      'c.test.tsx': 'x',
      'README.md': 'x',
      'k.yml': 'x',
      'x.rs': 'x',
      run: '#!/usr/bin/env -S node --x\n',
      go: '#!/bin/sh\n',
      py: '#!/usr/bin/python3\n',
      what: 'x',
      '.gitignore': 'x',
    };
    expect(await languagesIn('names', files)).toEqual({
      Dockerfile: 1,
      TypeScript: 2,
      TSX: 1,
      Markdown: 1,
      YAML: 1,
      Rust: 1,
      JavaScript: 1,
      Shell: 1,
      Python: 1,
      Other: 1,
      'Ignore List': 1,
    });
  });

  test('of an extension that several share are what the rest of the repository is in', async () => {
    expect(await languagesIn('cpp', { 'a.cpp': 'x', 'a.h': 'x' })).toEqual({ 'C++': 2 });
    expect(await languagesIn('c', { 'a.c': 'x', 'a.h': 'x' })).toEqual({ C: 2 });
    expect(await languagesIn('alone', { 'a.h': 'x', 'b.m': 'x', 'c.v': 'x' })).toEqual({ C: 1, 'Objective-C': 1, Verilog: 1 });
  });
});

describe('a report fits its budget', () => {
  const lists = ({ commits, authors, languages, churn, licences, manifests, dependencies }: RepositoryReport): Record<string, number> => {
    return {
      months: commits.byMonth.length,
      authors: authors.top.length,
      languages: languages.length,
      hotspots: churn.hotspots.length,
      licences: licences.length,
      manifests: manifests.length,
      dependencies: dependencies.length,
    };
  };

  test.each([1500, 2000, 3000, 10_000])('of %i bytes, and says how many entries were cut', async (detailBytes) => {
    const folder = join(bench.repositories, `budget-${detailBytes}`);
    makeRepository(folder, manyCommits(300, { authors: 70, files: 40 }));
    const full = await bench.analyse({ repository: folder });
    const report = await bench.analyse({ repository: folder, detailBytes });
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThanOrEqual(detailBytes);
    for (const [name, length] of Object.entries(lists(full))) {
      const key = name as keyof RepositoryReport['cut'];
      expect((lists(report)[key] ?? 0) + report.cut[key], name).toBe(length + full.cut[key]);
    }
    expect(full.cut.authors).toBe(20);
    expect(report.authors.total).toBe(70);
  });

  test('and keeps the newest months and the first of everything else', async () => {
    const folder = makeRepository(
      join(bench.repositories, 'years'),
      Array.from({ length: 100 }, (_, index) => ({ at: Date.UTC(2010, index, 15) / 1000, files: { a: String(index) } })),
    );
    const report = await bench.analyse({ repository: folder, detailBytes: 2500 });
    expect(report.commits.byMonth.at(-1)).toEqual({ month: '2018-04', commits: 1 });
    expect(report.cut.months).toBe(100 - report.commits.byMonth.length);
    const months = report.commits.byMonth.map(({ month }) => month);
    expect(months).toEqual(months.toSorted());
  });

  test('also when nothing but numbers fits', async () => {
    const report = await bench.analyse({ repository: join(bench.repositories, 'years') });
    expect(lists(fitDetail(report, 1))).toEqual({
      months: 0,
      authors: 0,
      languages: 0,
      hotspots: 0,
      licences: 0,
      manifests: 0,
      dependencies: 0,
    });
    expect(Buffer.byteLength(JSON.stringify(fitDetail(report, 1)))).toBeLessThan(1500);
  });
});

test('only addresses that anyone on the internet can have are public', () => {
  const publicOnes = ['1.1.1.1', '140.82.121.4', '172.32.0.1', '2606:4700::1111'];
  const specialOnes = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:1::',
    '2001:db8::1',
    'ff02::1',
  ];
  expect(publicOnes.filter((address) => !isPublicAddress(address))).toEqual([]);
  expect(specialOnes.filter(isPublicAddress)).toEqual([]);
});

test('records are cut the same however the chunks fall', async () => {
  const data = Buffer.from('one\0\0three\0');
  for (let size = 1; size <= data.length; size += 1) {
    const records: string[] = [];
    await readRecords(chunksOf(data, size), (record) => records.push(record.toString()));
    expect(records).toEqual(['one', '', 'three']);
  }
});

test('a record without an end is a limit, not a leak', async () => {
  const error = await errorOf(readRecords(chunksOf(Buffer.alloc(200_000, 'x'), 10_000), () => {}));
  expect(error.code).toBe('limit-exceeded');
});

async function* chunksOf(data: Buffer, size: number): AsyncIterable<Buffer> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
}

test('a top list is the start of the sorted list', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => (index * 7919) % 101);
  const top = new TopList<number>(10, (a, b) => b - a);
  for (const number of numbers) top.add(number);
  expect(top.items).toEqual(numbers.toSorted((a, b) => b - a).slice(0, 10));
});
