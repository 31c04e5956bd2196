/** The memory of an analysis does not grow with the history. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import type { RepositoryReport } from '../../../src/jobs/analyse-repositories.ts';
import { scaled } from '../../support/scale.ts';
import { makeRepository, manyCommits } from './made-repositories.ts';
import { Bench } from './run-analysis.ts';

const bench = new Bench();
afterAll(() => bench.remove());

const COMMITS = scaled(3000, 100_000);
const program = new URL('support/analyse.mjs', import.meta.url).pathname;

test(
  `${COMMITS} commits are analysed in less than 300 MB, git included, and again with what was kept`,
  { timeout: 600_000 },
  async (context) => {
    if (process.platform !== 'linux') return context.skip('memory is read from /proc');
    const folder = makeRepository(join(bench.repositories, 'long'), manyCommits(COMMITS, { authors: 300, files: 4000 }));
    const settings = { allowedRoots: [bench.repositories], workDir: bench.workDir, cacheMb: 100 };
    const analyse = async (): Promise<{ report: RepositoryReport; mostMb: number }> => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(settings), JSON.stringify(folder)]);
      return JSON.parse(stdout) as { report: RepositoryReport; mostMb: number };
    };
    const [first, second] = [await analyse(), await analyse()];
    expect(first.report.commits.total).toBe(COMMITS);
    expect(second.report).toEqual(first.report);
    console.log(`memory: ${first.mostMb} MB for ${COMMITS} commits, ${second.mostMb} MB with what was kept`);
    expect(first.mostMb).toBeGreaterThan(40);
    expect(Math.max(first.mostMb, second.mostMb)).toBeLessThan(300);
  },
);
