import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import packageJson from '../../package.json' with { type: 'json' };

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const code = await runProgram(args, { env, cwd: import.meta.dirname, out, err, interrupted: new AbortController().signal });
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

describe('the command line', () => {
  it('explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, err: '' });
    expect((await run(['--help'])).out).toMatch(/^Usage: holdfast \[options\] \[command\]\n/);
    expect((await run(['--help'])).out).toMatch(/\n {2}dev .*\n(.*\n)* {2}worker /);
    expect((await run(['help', 'dev'])).out).toContain('--once');
    for (const option of ['--once', '--json', '--data-dir <folder>', '--port <number>', '--ui-port <number>', '--verbose']) {
      expect((await run(['dev', '--help'])).out).toContain(option);
    }
    for (const option of ['--jobs <module>', '--workflows <file>', '--concurrency <number>', '--queue <name=concurrency>', '--address']) {
      expect((await run(['worker', '--help'])).out).toContain(option);
    }
  });

  it('tells its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
  });

  it('keeps to 80 columns in its help', async () => {
    const texts = await Promise.all([['--help'], ['dev', '--help'], ['worker', '--help']].map(async (args) => (await run(args)).out));
    expect(texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    { args: ['wroker'], says: "error: unknown command 'wroker'\n(Did you mean worker?)" },
    { args: ['dev', '--onec'], says: "error: unknown option '--onec'\n(Did you mean --once?)" },
    { args: ['dev', '--port', '0'], says: 'Expected a whole number from 1 to 65535.' },
    { args: ['dev', '--ui-port', '80a'], says: 'Expected a whole number from 1 to 65535.' },
    { args: ['worker', '--jobs', 'x', '--concurrency', '1.5'], says: 'Expected a whole number from 1 to 10000.' },
    { args: ['worker', '--jobs', 'x', '--queue', '=3'], says: 'Expected a queue as name or name=concurrency' },
    { args: ['worker', '--jobs', 'x', '--queue', 'emails=many'], says: 'Expected a whole number from 1 to 10000.' },
  ])('answers $args with what is wrong, where to look, and exit code 2', async ({ args, says }) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).toContain('Run "holdfast --help"');
  });

  it('shows the commands when none is given, with exit code 2', async () => {
    expect(await run([])).toMatchObject({ code: 2, out: '' });
    expect((await run([])).err).toContain('Usage: holdfast');
  });

  it('tells an error in one message without a stack, with exit code 1', async () => {
    const { code, out, err } = await run(['worker', '--jobs', './nowhere.js']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: The module "\.\/nowhere\.js" cannot be used: there is no file \S+nowhere\.js\. .*\n$/);
  });

  it.each([
    { how: '--verbose', args: ['--verbose'], env: {} },
    { how: 'HOLDFAST_LOG_LEVEL=debug', args: [], env: { HOLDFAST_LOG_LEVEL: 'debug' } },
  ])('shows the stack with $how', async ({ args, env }) => {
    const { err } = await run(['worker', '--jobs', './nowhere.js', ...args], env);
    expect(err).toMatch(/\n {4}at .*load-jobs/);
    expect(err).toContain("code: 'invalid-config'");
  });

  it('refuses an environment that is not usable', async () => {
    const { code, err } = await run(['worker', '--jobs', './x.js'], { HOLDFAST_LOG_LEVEL: 'loud' });
    expect(code).toBe(1);
    expect(err).toContain('HOLDFAST_LOG_LEVEL');
  });
});
