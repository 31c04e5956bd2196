/** The first real job, through the death of its worker and of the Temporal server. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import { analyseRepositories } from '../../src/jobs/analyse-repositories.ts';
import { makeRepository, manyCommits } from '../activities/analyse-repositories/made-repositories.ts';
import { eventually } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';

type Analysis = typeof analyseRepositories;

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];
const WINDOW = 2;
/** The third must take long enough to be met between 10 and 90 %. */
const COMMITS = new Map([['three', scaled(40_000, 200_000)]]);
const FEW_COMMITS = 200;

describe('analyse-repositories', () => {
  test('kill -9 of the worker in the third of six repositories, then of the server: the job completes, finished repositories are not analysed again, the result is that of an undisturbed run', async () => {
    const root = await ownFolder();
    const sources = NAMES.map((name) => makeRepository(join(root, name), manyCommits(COMMITS.get(name) ?? FEW_COMMITS, { files: 20 })));
    const server = await ownServer();
    const client = await ownClient(server);
    // Nothing is kept: the undisturbed run reads everything itself.
    const settings = { workDir: join(root, 'work'), allowedRoots: [root], analysisLog: join(root, 'analyses.log'), cacheMb: 0 };
    const input = { repositories: sources, options: { window: WINDOW } };

    const doomed = await startWorkerProcess({ address: server.address, analysis: settings });
    const job = await client.add(analyseRepositories, input);
    await eventually('the third repository is between 10 and 90 %', () => isUnderWay(job, 'three'), 60_000);
    await doomed.kill();
    const finished = await endedSources(settings.analysisLog);
    process.kill(server.pid, 'SIGKILL');
    await eventually('the server is back', () => client.get(job.id).catch(() => undefined), 60_000);
    await startWorkerProcess({ address: server.address, analysis: settings });
    const disturbed = await job.result();

    const counts = await analysisCounts(settings.analysisLog);
    expect(finished.length).toBeGreaterThan(0);
    for (const source of finished) expect(counts.get(source), `${source} was finished`).toBe(1);
    for (const source of sources) expect(counts.get(source)).toBeLessThanOrEqual(2);
    expect([...counts.values()].filter((count) => count === 2).length).toBeLessThanOrEqual(WINDOW);
    expect(disturbed.totals).toMatchObject({ repositories: 6, completed: 6, failed: 0 });
    const undisturbed = await client.add(analyseRepositories, input);
    expect(disturbed).toEqual(await undisturbed.result());
  });
});

async function isUnderWay(job: JobHandle<Analysis>, name: string): Promise<boolean> {
  const { steps, status } = await job.get();
  if (status === 'completed' || status === 'failed') throw new Error(`The job ended (${status}) before "${name}" was met under way.`);
  const percent = steps.find(({ label }) => label === name)?.progress?.percent ?? 0;
  return percent > 10 && percent < 90;
}

/** The sources whose analysis had ended by now. */
async function endedSources(log: string): Promise<string[]> {
  const lines = (await linesOf(log)).map((line) => line.split(' '));
  return lines.filter(([event]) => event === 'end').map(([, , source = '']) => source);
}

/** Source → how often its analysis was started. */
async function analysisCounts(log: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const line of await linesOf(log)) {
    const [event, , source = ''] = line.split(' ');
    if (event === 'start') counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return counts;
}
