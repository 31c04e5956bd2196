/** A second analysis of the same repository continues where the first one ended, and its report is that of a fresh one. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RepositoryReport } from '../../../src/jobs/analyse-repositories.ts';
import { type Random, seeded } from '../../support/random.ts';
import { scaled } from '../../support/scale.ts';
import { type GitHttpsServer, startGitServer } from './git-https-server.ts';
import { addCommits, git, type MadeCommit, makeRepository, manyCommits } from './made-repositories.ts';
import { Bench, type Run } from './run-analysis.ts';

const bench = new Bench();
const cacheFolder = join(bench.workDir, 'cache');
afterAll(() => bench.remove());

interface Seen {
  readonly report: RepositoryReport;
  /** Commits that were read, and of how many contents. */
  readonly messages: readonly string[];
}

/** An analysis that keeps what it found. */
async function analyseKeeping(repository: string | { source: string; ref: string }, settings: Run['settings'] = {}): Promise<Seen> {
  const messages: string[] = [];
  const onProgress = (_percent: number, message: string): void => void messages.push(message);
  const report = await bench.analyse({ repository }, { onProgress, settings: { cacheMb: 100, ...settings } });
  return { report, messages };
}

function startsWith(start: string): (message: string) => boolean {
  return (message) => message.startsWith(start);
}

const isHistory = startsWith('reading history');
const isContent = startsWith('reading files');

describe('a repository that was analysed before', () => {
  test('is not read again when nothing is new', async () => {
    const folder = makeRepository(join(bench.repositories, 'same'), manyCommits(300));
    const first = await analyseKeeping(folder);
    const second = await analyseKeeping(folder);
    expect(second.report).toEqual(first.report);
    expect(first.messages.filter(isHistory)).not.toEqual([]);
    expect(second.messages.filter((message) => isHistory(message) || isContent(message))).toEqual([]);
  });

  test('is read from its last commit on, and only the contents that are new', async () => {
    const folder = makeRepository(join(bench.repositories, 'grown'), manyCommits(300));
    const before = git(folder, 'rev-parse', 'main').slice(0, 8);
    await analyseKeeping(folder);
    addCommits(folder, [{ from: 'main^0', files: { new: '1' } }, ...manyCommits(150)]);
    const { report, messages } = await analyseKeeping(folder);
    expect(report).toEqual(await bench.analyse({ repository: folder }));
    expect(messages.filter(isHistory).at(-1)).toBe(`reading history: 151 of 151 commits since ${before}`);
    expect(messages.find(isContent)).toMatch(/^reading files: 1 of 51$/);
  });

  test('is read anew after a forced push', async () => {
    const folder = makeRepository(join(bench.repositories, 'forced'), manyCommits(120));
    await analyseKeeping(folder);
    addCommits(folder, [{ from: 'main~60', files: { other: 'x' } }]);
    const { report, messages } = await analyseKeeping(folder);
    expect(report.commits.total).toBe(61);
    expect(report).toEqual(await bench.analyse({ repository: folder }));
    expect(messages.filter(isHistory).at(-1)).toBe('reading history: 61 of 61 commits');
  });

  test('is read anew where dates are so far out of order that git finds commits between two that are none', async () => {
    // What leads back to the common past is older than that past: git gives up before it is there.
    const early = Array.from({ length: 20 }, (_, index): MadeCommit => ({ at: 1000 + index, files: { [`f${index}`]: '1' } }));
    const folder = makeRepository(join(bench.repositories, 'skewed'), [...manyCommits(10), ...early]);
    const before = git(folder, 'rev-parse', 'main');
    await analyseKeeping(folder);
    addCommits(folder, [{ at: 2000, branch: 'side', from: 'main~20', files: { b: '1' } }]);
    addCommits(folder, [{ at: 3000, from: 'main^0', merges: ['side^0'], files: { b: '1' } }]);
    expect(Number(git(folder, 'rev-list', '--count', 'main', `^${before}`))).toBeGreaterThan(2);
    const { report } = await analyseKeeping(folder);
    expect(report.commits.total).toBe(32);
    expect(report).toEqual(await bench.analyse({ repository: folder }));
  });

  test('is read anew when the last commit is not there any more', async () => {
    const folder = makeRepository(join(bench.repositories, 'pruned'), manyCommits(80));
    await analyseKeeping(folder);
    addCommits(folder, [{ files: { a: '1' } }]);
    git(folder, '-c', 'gc.pruneExpire=now', 'gc', '-q', '--prune=now');
    const { report } = await analyseKeeping(folder);
    expect(report.commits.total).toBe(1);
    expect(report).toEqual(await bench.analyse({ repository: folder }));
  });

  test('is read anew when the mailmap is another one', async () => {
    const folder = makeRepository(join(bench.repositories, 'mailmap'), manyCommits(60, { authors: 6 }));
    expect((await analyseKeeping(folder)).report.authors.total).toBe(6);
    addCommits(folder, [{ from: 'main^0', files: { '.mailmap': '<person1@example.org> <person2@example.org>\n' } }]);
    const { report } = await analyseKeeping(folder);
    expect(report.authors.total).toBe(6);
    expect(report).toEqual(await bench.analyse({ repository: folder }));
  });

  test('brings back the changes of a file that was gone meanwhile', async () => {
    const change = (round: number): MadeCommit => ({ from: 'main^0', files: { 'a.ts': `${round}\n` } });
    const folder = makeRepository(join(bench.repositories, 'back'), [{ files: { 'a.ts': '1\n' } }]);
    addCommits(folder, [change(2)]);
    addCommits(folder, [{ from: 'main^0', files: { 'a.ts': null } }]);
    await analyseKeeping(folder);
    addCommits(folder, [change(3)]);
    const { report } = await analyseKeeping(folder);
    expect(report.churn.hotspots).toEqual([{ path: 'a.ts', commits: 4, added: 3, deleted: 2, lines: 1 }]);
  });

  test('has the same report as a fresh analysis, whatever happened to it in between', { timeout: 240_000 }, async () => {
    const random = seeded(20_261_126);
    const folder = makeRepository(join(bench.repositories, 'random'), manyCommits(20, { files: 5 }));
    let branches = 0;
    const ways = new Set<string>();
    for (let round = 0; round < scaled(8, 150); round += 1) {
      for (let count = 0; count < 1 + random() * 4; count += 1) branches = happen(folder, random, branches);
      const { report, messages } = await analyseKeeping(folder);
      expect(report, `round ${round}`).toEqual(await bench.analyse({ repository: folder }));
      ways.add(messages.find(isHistory)?.includes(' since ') === true ? 'continued' : 'anew');
    }
    expect(ways).toEqual(new Set(['continued', 'anew']));
  });
});

/** One of the things that happen to a repository. */
function happen(folder: string, random: Random, branches: number): number {
  const pick = (count: number): number => Math.floor(random() * count);
  const author = `Person ${pick(9)} <person${pick(5)}@example.org>`;
  const commit: MadeCommit = {
    author,
    at: 1_700_000_000 + pick(1e7),
    files: {
      [`src/f${pick(8)}.ts`]: pick(4) === 0 ? null : `${'line\n'.repeat(pick(9))}${pick(99)}\n`,
      [`b${pick(3)}`]: Buffer.from([0, pick(9)]),
    },
  };
  const kind = pick(10);
  if (kind < 5) addCommits(folder, [{ ...commit, from: 'main^0' }]);
  else if (kind < 7) {
    addCommits(folder, [{ ...commit, branch: `side${branches}`, from: `main~${pick(4)}` }]);
    return branches + 1;
  } else if (kind === 7 && branches > 0) {
    addCommits(folder, [{ ...commit, from: 'main^0', merges: [`side${pick(branches)}^0`] }]);
  } else if (kind === 8) addCommits(folder, [{ ...commit, from: `main~${pick(3)}` }]);
  else addCommits(folder, [{ ...commit, from: 'main^0', files: { '.mailmap': `<person0@example.org> <person${pick(3)}@example.org>\n` } }]);
  return branches;
}

describe('what is kept', () => {
  const findings = (): string[] => readdirSync(cacheFolder).map((name) => join(cacheFolder, name));

  /** The file that the analysis of a fresh repository added. */
  async function keptOf(name: string): Promise<{ folder: string; file: string; report: RepositoryReport }> {
    const known = new Set(existsSync(cacheFolder) ? findings() : []);
    const folder = makeRepository(join(bench.repositories, name), manyCommits(60));
    const { report } = await analyseKeeping(folder);
    const [file] = findings().filter((path) => !known.has(path));
    if (file === undefined) throw new Error('Nothing was kept.');
    return { folder, file, report };
  }

  test.each([
    ['is damaged', 'damaged', (file: string) => writeFileSync(file, 'not what it was')],
    ['is empty', 'emptied', (file: string) => writeFileSync(file, '')],
    [
      'comes from another version of the analyser',
      'version',
      (file: string) => {
        const kept = deserialize(gunzipSync(readFileSync(file))) as Record<string, unknown>;
        writeFileSync(file, gzipSync(serialize({ ...kept, version: 0, history: 'other' })));
      },
    ],
  ])('is not used when it %s', async (_title, name, spoil) => {
    const { folder, file, report } = await keptOf(name);
    spoil(file);
    const again = await analyseKeeping(folder);
    expect(again.report).toEqual(report);
    expect(again.messages.some(isHistory)).toBe(true);
    expect((await analyseKeeping(folder)).messages.some(isHistory)).toBe(false);
  });

  test('is readable by the user of the worker only', async () => {
    const { file } = await keptOf('mode');
    expect([statSync(file).mode & 0o777, statSync(cacheFolder).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  test('is nothing of a shallow clone, whose history may begin elsewhere next time', async () => {
    const deep = makeRepository(join(bench.repositories, 'deep'), manyCommits(20));
    const shallow = join(bench.repositories, 'shallow');
    git(bench.repositories, 'clone', '-q', '--bare', '--depth=5', `file://${deep}`, shallow);
    const before = findings().length;
    expect((await analyseKeeping(shallow)).report.commits.total).toBe(5);
    expect(findings().length).toBe(before);
    git(shallow, 'fetch', '-q', '--unshallow', `file://${deep}`);
    expect((await analyseKeeping(shallow)).report.commits.total).toBe(20);
  });

  test('is nothing when the settings say so, and is not used then', async () => {
    const folder = makeRepository(join(bench.repositories, 'off'), manyCommits(60));
    const before = findings().length;
    await analyseKeeping(folder, { cacheMb: 0 });
    const { messages } = await analyseKeeping(folder, { cacheMb: 0 });
    expect([findings().length, messages.some(isHistory)]).toEqual([before, true]);
  });

  test('stays within its budget: what was used longest ago goes', async () => {
    const workDir = join(bench.root, 'small');
    const folders = ['one', 'two', 'three'].map((name) => makeRepository(join(bench.repositories, name), manyCommits(60)));
    const isKnown = async (folder: string): Promise<boolean> =>
      !(await analyseKeeping(folder, { workDir, cacheMb: 100 })).messages.some(isHistory);
    const [one = '', two = '', three = ''] = folders;
    await analyseKeeping(one, { workDir, cacheMb: 100 });
    const size = statSync(join(workDir, 'cache', readdirSync(join(workDir, 'cache'))[0] ?? '')).size;
    const cacheMb = (size * 2.5) / 1024 / 1024;
    await analyseKeeping(two, { workDir, cacheMb });
    await analyseKeeping(one, { workDir, cacheMb });
    await analyseKeeping(three, { workDir, cacheMb });
    expect(readdirSync(join(workDir, 'cache')).length).toBe(2);
    expect([await isKnown(one), await isKnown(three), await isKnown(two)]).toEqual([true, true, false]);
  });

  test('does not hold for ever what a killed worker was about to put there', async () => {
    const [old, fresh] = ['old', 'fresh'].map((name) => join(cacheFolder, `${name}.leaving`)) as [string, string];
    for (const file of [old, fresh]) writeFileSync(file, 'half');
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(old, twoHoursAgo, twoHoursAgo);
    await keptOf('leaving');
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
    rmSync(fresh);
  });

  test('is not what would take more than half of the budget', async () => {
    const workDir = join(bench.root, 'tiny');
    await analyseKeeping(join(bench.repositories, 'one'), { workDir, cacheMb: 0.001 });
    expect(existsSync(join(workDir, 'cache'))).toBe(false);
  });
});

describe('a clone over https', () => {
  let server: GitHttpsServer;
  const project = join(bench.repositories, 'project.git');
  beforeAll(async () => {
    server = await startGitServer(bench.repositories);
    makeRepository(project, [...manyCommits(600), { branch: 'dev', from: 'main', files: { b: '1' } }]);
    git(project, 'tag', 'v1', 'main~100');
  });
  afterAll(async () => await server.close());

  const settings = (): NonNullable<Run['settings']> => ({ allowedRoots: [], allowPrivateHosts: true, gitEnvironment: server.environment });
  const clones = (): string[] => readdirSync(cacheFolder).filter((name) => name.endsWith('.git'));

  /** The analysis of the clone, compared with that of the repository itself; gives the bytes that came over the network. */
  async function bytesFor(ref?: string): Promise<number> {
    const url = `${server.url}/project.git`;
    server.takeSentBytes();
    const { report } = await analyseKeeping(ref === undefined ? url : { source: url, ref }, settings());
    const bytes = server.takeSentBytes();
    expect(report).toEqual(await bench.analyse({ repository: ref === undefined ? project : { source: project, ref } }));
    return bytes;
  }

  test('is kept, and only what is new comes over the network', async () => {
    const whole = await bytesFor();
    expect(clones().length).toBe(1);
    expect(await bytesFor()).toBeLessThan(whole / 20);
    addCommits(project, [{ from: 'main^0', files: { new: '1' } }]);
    expect(await bytesFor()).toBeLessThan(whole / 20);
    addCommits(project, [{ from: 'main~5', files: { forced: '1' } }]);
    expect(await bytesFor()).toBeLessThan(whole / 20);
    expect(clones().length).toBe(1);
  });

  test('is made anew when the default branch is another one', async () => {
    const update = await bytesFor();
    git(project, 'symbolic-ref', 'HEAD', 'refs/heads/dev');
    expect(await bytesFor()).toBeGreaterThan(update * 10);
    git(project, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    expect(await bytesFor()).toBeGreaterThan(update * 10);
  });

  test('is kept of a branch, not of a tag', async () => {
    const before = clones().length;
    await bytesFor('v1');
    expect(clones().length).toBe(before);
    const whole = await bytesFor('dev');
    expect(clones().length).toBe(before + 1);
    expect(await bytesFor('dev')).toBeLessThan(whole / 20);
  });

  test('that is damaged is made anew', async () => {
    const update = await bytesFor();
    for (const name of clones()) writeFileSync(join(cacheFolder, name, 'HEAD'), 'nonsense');
    expect(await bytesFor()).toBeGreaterThan(update * 10);
  });

  test('is made by each of three analyses at the same time, and one of them stays', async () => {
    await bytesFor();
    const before = clones().length;
    await Promise.all(
      [1, 2, 3].map(async (jobId) => {
        const run: Run = { jobId: `job-${jobId}`, settings: { cacheMb: 100, ...settings() } };
        expect((await bench.analyse({ repository: `${server.url}/project.git` }, run)).commits.total).toBe(597);
      }),
    );
    expect(clones().length).toBe(before);
    expect(readdirSync(bench.workDir)).toEqual(['cache']);
    expect(readdirSync(cacheFolder).filter((name) => name.endsWith('.leaving'))).toEqual([]);
  });
});
