import { describe, expect, it, test } from 'vitest';
import { analysisSection } from '../../../bench/analysis/report.ts';
import { cancelSection } from '../../../bench/cancel/report.ts';
import type { CancelRun } from '../../../bench/cancel/run.ts';
import { exportSection } from '../../../bench/export/report.ts';
import { heartbeatSection } from '../../../bench/heartbeat/report.ts';
import { jobsSection } from '../../../bench/jobs/report.ts';
import type { Run } from '../../../bench/jobs/run.ts';
import { type BenchOptions, readArguments } from '../../../bench/arguments.ts';
import { doubtAbout, type Part } from '../../../bench/part.ts';
import { entrantsOf } from '../../../bench/recovery/contest.ts';
import { recoverySection } from '../../../bench/recovery/report.ts';
import { statsSection } from '../../../bench/stats/report.ts';

function jobsRun(name: 'holdfast' | 'raw', cpuMs: number): Run {
  const perProcess = { server: cpuMs, worker: 0, client: 0 };
  const times = { addedPerSecond: 1, completedPerSecond: 1, singleP50: 1, singleP95: 1, loadP50: 1, loadP95: 1 };
  return { name, cpuMsPerJob: perProcess, residentMiB: perProcess, ...times };
}

function cancelRun(p95: number, atOnce: number): CancelRun {
  const times = { answeredP50: 1, toldP50: 1, toldP95: p95, toldLast: 1 };
  return { oneByOne: times, atOnce: { ...times, toldP95: atOnce } };
}

describe('the section of plain jobs', () => {
  test.each([
    [33, '1.10 (1.10–1.10) times the CPU time of raw Temporal. Promised are at most 1.10: kept.'],
    [40, '1.33 (1.33–1.33) times the CPU time of raw Temporal. Promised are at most 1.10: NOT KEPT.'],
  ])('says of %d CPU-ms beside 30: %s', (cpuMs, verdict) => {
    const rounds = Array.from({ length: 5 }, () => ({ holdfast: jobsRun('holdfast', cpuMs), raw: jobsRun('raw', 30) }));
    const { verdicts } = jobsSection(rounds, { holdfast: 200, raw: 200, bullmq: 20_000 });
    expect(verdicts).toEqual([`A plain job costs ${verdict}`]);
  });

  it('promises nothing beside nobody', () => {
    expect(jobsSection([{ holdfast: jobsRun('holdfast', 1) }], { holdfast: 1, raw: 1, bullmq: 1 }).verdicts).toEqual([]);
  });
});

describe('the section of cancels', () => {
  test.each([
    [500, 'The aim is 500 ms: reached.'],
    [501, 'The aim is 500 ms: NOT REACHED.'],
  ])('says of a p95 of %d ms: %s', (p95, verdict) => {
    const { verdicts } = cancelSection(
      [{ byContender: { holdfast: cancelRun(p95, 9000), raw: cancelRun(4000, 9000) }, shared: cancelRun(p95, 9000) }],
      200,
    );
    expect(verdicts).toEqual([
      `One at a time, 95 of 100 cancels reach their handler within ${p95} ms. ${verdict}`,
      'Of 200 at once, 95 of 100 do within 9000 ms.',
      expect.stringContaining('Promised are 1500 ms for the first of a workflow') as string,
    ]);
  });

  it('says nothing of lone jobs of Holdfast when these did not run', () => {
    expect(cancelSection([{ byContender: { raw: cancelRun(4000, 9000) }, shared: cancelRun(1, 1) }], 200).verdicts).toHaveLength(1);
  });
});

describe('the section of exports', () => {
  const run = (rowsPerSecond: number, peakMiB: number) => ({ rowsPerSecond, peakMiB, idleMiB: 1, bytes: 1e6, cpuMs: 1000 });

  test.each([
    [50, 300, 'reached', 'kept'],
    [49, 301, 'NOT REACHED', 'NOT KEPT'],
  ])('says of %d rows a second beside 100 and of %d MiB: %s, %s', (rate, peak, ...[reached, kept]) => {
    const round = { psql: run(100, Number.NaN), csv: run(rate, 1), 'csv.gz': run(1, 1), ndjson: run(1, 1), parquet: run(1, peak) };
    const { verdicts, tables } = exportSection([round], { rows: 10, postgresVersion: '15' });
    expect(verdicts).toEqual([
      `CSV is exported at ${(rate / 100).toFixed(2)} times the rate of psql's \\copy. The aim is 0.5: ${reached}.`,
      `No worker took more than ${peak} MiB. At most 300 are promised: ${kept}.`,
    ]);
    expect(tables[0]?.text).toContain('| Parquet ');
  });
});

describe('the section of analyses', () => {
  test.each([
    [13, '1.30 (1.30–1.30) times as long as `git log --numstat` alone. The aim is 1.3: reached.'],
    [14, '1.40 (1.40–1.40) times as long as `git log --numstat` alone. The aim is 1.3: NOT REACHED.'],
  ])('says of %d s beside 10: %s', (seconds, verdict) => {
    const cost = (seconds: number) => ({ seconds, cpuSeconds: seconds });
    const { verdicts, tables } = analysisSection(
      [{ git: cost(10), first: cost(seconds), second: cost(seconds / 10), workerMiB: 90 }],
      5000,
    );
    expect(verdicts).toEqual([
      `An analysis takes ${verdict}`,
      'The second one, 200 commits later, takes 0.10 (0.10–0.10) times as long as the first.',
    ]);
    expect(tables[0]?.text).toContain('| CPU time ');
  });
});

describe('the section of recoveries', () => {
  const kills = [
    { title: 'Holdfast by default', seconds: 5 },
    { title: 'Holdfast by default', seconds: 6 },
    { title: 'Holdfast by default', seconds: 9 },
    { title: 'BullMQ by default', seconds: 54 },
  ];

  it('judges the aim by the slowest kill, and gives the others beside the default', () => {
    const { verdicts, tables } = recoverySection(kills);
    expect(verdicts).toEqual(['Holdfast by default: 6.00 s, at most 9.00 s. The aim is at most 8 s: NOT REACHED.']);
    expect(tables.map(({ text }) => text)).toEqual([
      [
        '|                     | seconds          | ÷ Holdfast by default | kills |',
        '| ------------------- | ---------------- | --------------------- | ----- |',
        '| Holdfast by default | 6.00 (5.00–9.00) | 1.00                  | 3     |',
        '| BullMQ by default   | 54.0 (54.0–54.0) | 9.00                  | 1     |',
      ].join('\n'),
    ]);
  });

  it('has BullMQ killed three times, the others as often as there are rounds', () => {
    const titles = (index: number) => entrantsOf(['holdfast', 'bullmq'], index).map(({ title }) => title);
    expect([titles(2), titles(3)]).toEqual([
      ['Holdfast by default', "Holdfast with `heartbeat: '1s'`", 'BullMQ by default'],
      ['Holdfast by default', "Holdfast with `heartbeat: '1s'`"],
    ]);
  });
});

describe('the section of heartbeats', () => {
  it('says what one costs beside raw, and what all keep busy', () => {
    const run = { beatsPerSecond: 1, serverMs: 2, workerMs: 1, corePercent: 30 };
    const { verdicts } = heartbeatSection([{ holdfast: run, raw: { ...run, workerMs: 0 } }], { jobs: 100, seconds: 30 });
    expect(verdicts).toEqual([
      "A heartbeat of Holdfast costs 1.50 (1.50–1.50) times the CPU time of raw Temporal's. 100 running jobs keep 30.0 (30.0–30.0) percent of a core busy.",
    ]);
  });
});

describe('the section of counts', () => {
  it("has each question beside raw Temporal's", () => {
    const questions = [
      { title: 'raw', p50: 10, p95: 12 },
      { title: 'ours', p50: 25, p95: 40 },
    ];
    expect(statsSection(questions, { finished: 20_000, open: 2000 }).tables.map(({ text }) => text)).toEqual([
      [
        '|      | p50  | p95  | p50 ÷ raw Temporal |',
        '| ---- | ---- | ---- | ------------------ |',
        '| raw  | 10.0 | 12.0 | 1.00               |',
        '| ours | 25.0 | 40.0 | 2.50               |',
      ].join('\n'),
    ]);
  });
});

describe('a run', () => {
  const part: Part = { contenders: ['holdfast', 'bullmq'], run: () => Promise.reject(new Error('not run')) };
  const server = { pid: 1, port: 1, version: '1', stop: () => Promise.resolve() };
  const bench = (args: readonly string[], redis?: typeof server) => ({
    options: readArguments(args) as BenchOptions,
    servers: { temporal: server, redis },
  });

  test.each([
    { title: 'is a report', of: bench([], server), doubt: undefined },
    { title: 'with --quick is none', of: bench(['--quick'], server), doubt: '--quick is no measurement' },
    { title: 'without Redis is none', of: bench([]), doubt: 'BullMQ did not run' },
    { title: 'of some contenders is none', of: bench(['--only', 'bullmq'], server), doubt: 'Holdfast did not run' },
    { title: 'of few rounds is none', of: bench([], server), rounds: 4, doubt: '4 rounds are too few' },
  ])('$title', ({ of, rounds = 5, doubt }) => {
    expect(doubtAbout({ part, bench: of, rounds, roundsOfAReport: 5 })).toBe(doubt);
  });
});
