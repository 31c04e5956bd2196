import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisOutput } from '../../src/cli/result-table.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/embedded/server.ts';
import { git, makeRepository, manyCommits } from '../activities/analyse-repositories/made-repositories.ts';
import { type Command, holdfast, holdfastOnTerminal, newFolder } from './support/command.ts';

const JOB_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const ESCAPES = /\u001B\[[0-9;?]*[A-Za-z]/g;

/** Not the one that all test files share: `holdfast dev` serves the queue `jobs`, and would take the jobs of others. */
let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbedded({ dataDir: mkdtempSync(join(tmpdir(), 'holdfast-cli-server-')), env: process.env });
});

afterAll(async () => {
  await server.close();
  await rm(server.dataDir, { recursive: true, force: true });
});

function clonedRepository(commits: number): string {
  const folder = newFolder();
  makeRepository(join(folder, 'origin.git'), manyCommits(commits, { authors: 3, files: 9 }));
  git(folder, 'clone', '-q', 'origin.git', 'project');
  return join(folder, 'project');
}

function dev(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  return holdfast(['dev', ...args], { cwd, env });
}

function jobIdIn(text: string): string {
  return JOB_ID.exec(text)?.[0] ?? 'none';
}

describe('holdfast dev --once', { timeout: 120_000 }, () => {
  it('analyses the repository it is called in, as git counts it, and gives the result as JSON', async () => {
    const project = clonedRepository(40);
    const command = dev(join(project, 'src'), ['--once', '--json', '--data-dir', newFolder()], { TEMPORAL_ADDRESS: server.address });
    expect(await command.ended, command.err()).toBe(0);

    const { status, output } = JSON.parse(command.out()) as { status: string; output: AnalysisOutput };
    const files = git(project, 'ls-tree', '-r', '--name-only', 'HEAD').split('\n');
    const authors = git(project, 'log', '--format=%ae').split('\n');
    expect(status).toBe('completed');
    expect(output.repositories).toMatchObject([
      {
        source: project,
        name: 'project',
        status: 'completed',
        attempts: 1,
        report: {
          head: { commit: git(project, 'rev-parse', 'HEAD'), branch: 'main' },
          commits: { total: Number(git(project, 'rev-list', '--count', 'HEAD')) },
          files: { total: files.length },
          authors: { total: new Set(authors).size },
        },
      },
    ]);
    expect(git(project, 'status', '--porcelain')).toBe('');
  });

  it("tells everything in plain lines when there is no terminal, ends with 1 when a repository failed, and leaves only the server's data", async () => {
    const project = clonedRepository(40);
    const empty = newFolder();
    const dataDir = join(newFolder(), 'data');
    const command = dev(project, ['--once', '--data-dir', dataDir, empty]);
    expect(await command.ended, command.err()).toBe(1);
    expect(command.err()).not.toContain('error');
    const text = command.out();
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(text).toMatch(/^Temporal {4}127\.0\.0\.1:\d+, started here\nWeb UI {6}http:\/\/127\.0\.0\.1:\d+\nData /);
    expect(text).toMatch(/\nJob {9}[0-9a-f-]{36}\n.*of 2 repositories\nWorker {6}on the queues holdfast, notifications, dev-[0-9a-f]{8}\n/);
    expect(text).toMatch(/\n\[.*\] analyse-repositories processing: \d+ %/);
    expect(text).toContain('\nanalyse-repositories completed: 2 repositories (1 completed, 1 failed) in ');
    expect(text).toMatch(/\nproject +40 +3 +2 +9 .*TypeScript +none /);
    expect(text).toContain('failed after 1 attempt\n');
    expect(text).toContain('No git repository is at');
    expect(text).toMatch(
      /\nIn the Web UI: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/history\n$/,
    );
    expect(readdirSync(join(dataDir, 'work'))).toEqual(['cache']);
    expect(readdirSync(join(dataDir, 'dev-runs'))).toEqual([]);
    expect(existsSync(join(dataDir, 'server.json'))).toBe(false);
  });

  it('shows bars on a terminal, in its width, and gives the cursor back', async () => {
    const options = { cwd: clonedRepository(30_000), env: { TERM: 'xterm-256color', TEMPORAL_ADDRESS: server.address } };
    const command = holdfastOnTerminal(['dev', '--once', '--data-dir', newFolder()], options);
    expect(await command.ended, command.out()).toBe(0);
    const text = command.out();
    expect(text).toContain('\u001B[36m█');
    expect(text).toMatch(/project .*░/);
    expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
    const lines = text.replaceAll(ESCAPES, '').split('\r\n');
    expect(lines.filter((line) => line.length > 80 && !line.includes('/'))).toEqual([]);
  });

  it('refuses to do nothing', async () => {
    const command = dev(newFolder(), ['--once']);
    expect(await command.ended).toBe(2);
    expect(command.out()).toContain('is in no git repository');
    expect(command.err()).toMatch(/^error: There is nothing to analyse\. [^\n]*\n$/);
  });
});

describe('holdfast dev', { timeout: 120_000 }, () => {
  it('stays up until it is interrupted, cancels nothing, and the next run goes on with the job', async () => {
    const project = clonedRepository(20_000);
    const dataDir = join(newFolder(), 'data');
    const first = dev(project, ['--data-dir', dataDir]);
    await first.wrote(/ project: \d+ %/);
    first.kill('SIGKILL');
    await first.ended;
    const id = jobIdIn(first.out());

    const second = dev(project, ['--data-dir', dataDir]);
    await second.wrote('Still running: worker on the queues holdfast, notifications, dev-');
    expect(second.out()).toMatch(
      new RegExp(`\\n1 job of an earlier run is still open: ${id} \\w+ \\(same sources: this run goes on with it\\)\\n`),
    );
    expect(second.out()).toContain('analyse-repositories completed: 1 repository (1 completed)');
    expect(second.out()).toContain(`/workflows/${id}/`);
    second.kill('SIGINT');
    expect(await second.ended, second.err()).toBe(0);
    expect(second.out()).toContain('Ending: ');
    expect(existsSync(join(dataDir, 'server.json'))).toBe(false);
  });

  it('shows the open job of an earlier run beside a new one, without colours when NO_COLOR is set', async () => {
    const options = ['--data-dir', newFolder()];
    const env = { TEMPORAL_ADDRESS: server.address };
    const first = dev(clonedRepository(20_000), options, env);
    await first.wrote(/ project: \d+ %/);
    first.kill('SIGKILL');
    await first.ended;
    const id = jobIdIn(first.out());

    const place = { cwd: newFolder(), env: { ...env, TERM: 'xterm-256color', NO_COLOR: '1' } };
    const second = holdfastOnTerminal(['dev', '--once', ...options, clonedRepository(30_000)], place);
    expect(await second.ended, second.out()).toBe(0);
    const text = second.out().replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      new RegExp(
        `1 job of an earlier run is still open: ${id} \\w+ Job .* Worker on the queues holdfast, notifications, dev-\\w+, dev-\\w+ `,
      ),
    );
    // How full the bars are depends on when they are drawn.
    expect(text).toMatch(/[█░]{10}/);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(text).not.toMatch(/\u001B\[[0-9;]*m/);
  });

  it('tells a configured server that does not answer in one message', async () => {
    const command = dev(clonedRepository(1), ['--data-dir', join(newFolder(), 'data')], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(await command.ended).toBe(4);
    expect(command.err()).toMatch(/^error: Temporal at 127\.0\.0\.1:1 does not answer \(the address is from TEMPORAL_ADDRESS[^\n]*\n$/);
  });

  it('refuses ports for a server that it does not start', async () => {
    const command = dev(clonedRepository(1), ['--port', '7000', '--data-dir', join(newFolder(), 'data')], {
      TEMPORAL_ADDRESS: server.address,
    });
    expect(await command.ended).toBe(2);
    expect(command.err()).toMatch(/^error: --port and --ui-port are for the embedded Temporal server[^\n]*\n$/);
  });

  it('without a repository says so and serves on, on the server that is configured', async () => {
    const command = dev(newFolder(), ['--data-dir', newFolder()], { TEMPORAL_ADDRESS: server.address });
    await command.wrote('Still running');
    expect(command.out()).toMatch(/ is in no git repository, so there is none of your own to analyse\.\n/);
    expect(command.out()).toContain(
      `Temporal    ${server.address}, namespace default (TEMPORAL_ADDRESS or a profile; none is started here)\n`,
    );
    expect(command.out()).toContain('No job was added.');
    command.kill('SIGTERM');
    expect(await command.ended, command.err()).toBe(0);
  });
});
