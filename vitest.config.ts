import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { isLong } from './test/support/scale.ts';

/** Folders whose tests need no Temporal server. Every other folder of `test` does. */
const WITHOUT_SERVER = ['unit', 'architecture', 'types', 'activities'].map((folder) => `test/${folder}/**/*.test.ts`);
/** Tests that kill processes, measure times or look at a browser: two files at a time at most, one when they measure. */
const FAULTS = ['test/faults/**/*.test.ts', 'test/dashboard/*.test.ts', 'test/testing/{test-environment,notification-schedule}.test.ts'];
/** Those of them that only `npm run test:long` has time for. */
const LONG_FAULTS = [
  'faults/analysis-crash',
  'faults/api-crash',
  'faults/batch-memory',
  'faults/batch-poison',
  'faults/busy-jobs',
  'faults/carrier-poison',
  'faults/clean-up-crash',
  'faults/dead-worker',
  'faults/effects',
  'faults/event-loop',
  'faults/export-crash',
  'faults/notification-crash',
  'faults/poison',
  'faults/rolling-restart',
  'dashboard/load',
].map((name) => `test/${name}.test.ts`);

/** Four fifths of the suite of clients over HTTP, of which the first one runs each time; and what takes half a minute for one thing. */
const LONG_ONLY = [
  'test/http/contract-rest.test.ts',
  'test/http/temporal-away.test.ts',
  'test/temporal/counts.test.ts',
  'test/workflow/changed-workflow.test.ts',
];

/** A busy machine can make a test of real processes late. One that passes only when tried again is named in the end. */
const RETRIES = isLong ? 0 : 1;

/** Files that run for over 25 s, whatever their size. */
const LONGEST = [
  'contract/client',
  'contract/client-part-2',
  'contract/model',
  'http/contract',
  'cli/dev',
  'cli/jobs',
  'embedded/ownership',
  'http/events',
  'job-queue/lifecycle',
  'job-queue/processing',
  'temporal/waiting',
  'workflow/carrier',
  'workflow/multi-step',
  'workflow/payloads',
].map((name) => `test/${name}.test.ts`);

/** Begins with the longest, so that none of them runs alone in the end. Left to itself a first run begins with the largest files. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const others = await super.sort(files.filter((file) => !isLongest(file)));
    return [...files.filter(isLongest), ...others];
  }
}

function isLongest({ moduleId }: TestSpecification): boolean {
  return LONGEST.some((name) => moduleId.endsWith(name));
}

/** Set in each project: set for all of them at once, it would run once more for the whole. */
const BUILD = ['test/support/build.ts'];

const { exports: entryPoints } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string | { default: string }>;
};

/** `holdfast/client` → `src/client.ts`: examples import the package by its name and are run from source. */
const alias = Object.entries(entryPoints).flatMap(([entryPoint, target]) =>
  typeof target === 'string'
    ? []
    : [
        {
          find: new RegExp(`^holdfast${entryPoint.slice(1)}$`),
          replacement: new URL(target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts'), import.meta.url).pathname,
        },
      ],
);

export default defineConfig({
  resolve: { alias },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          globalSetup: BUILD,
          include: WITHOUT_SERVER,
          testTimeout: 10_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          globalSetup: [...BUILD, 'test/support/temporal-server.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [...WITHOUT_SERVER, ...FAULTS, ...(isLong ? [] : LONG_ONLY)],
          retry: RETRIES,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 30_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          globalSetup: [...BUILD, 'test/support/temporal-server.ts'],
          include: FAULTS,
          exclude: isLong ? [] : LONG_FAULTS,
          retry: RETRIES,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          teardownTimeout: 30_000,
          maxWorkers: isLong ? 1 : 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
