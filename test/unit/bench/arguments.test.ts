import { describe, expect, it, test } from 'vitest';
import { PARTS, readArguments, USAGE, UsageError } from '../../../bench/arguments.ts';

describe('the arguments of the benchmark', () => {
  it('mean the part jobs with all contenders when there are none', () => {
    expect(readArguments([])).toEqual({
      part: 'jobs',
      rounds: 7,
      jobs: 200,
      only: ['holdfast', 'raw', 'bullmq'],
      quick: false,
      finished: 0,
      open: 0,
      rows: 0,
      commits: 0,
    });
  });

  test.each([
    [['--part', 'cancel'], { part: 'cancel', rounds: 2, jobs: 200 }],
    [['--part', 'cancel', '--quick'], { part: 'cancel', rounds: 1, jobs: 20, quick: true }],
    [['--part', 'recovery'], { part: 'recovery', rounds: 5 }],
    [['--part=heartbeat'], { part: 'heartbeat', rounds: 3, jobs: 100 }],
    [['--part', 'stats'], { part: 'stats', finished: 20_000, open: 2000 }],
    [['--part', 'stats', '--open', '3'], { finished: 20_000, open: 3 }],
    [['--part', 'export', '--rows', '9'], { part: 'export', rounds: 3, rows: 9 }],
    [['--part', 'analysis', '--quick'], { part: 'analysis', rounds: 1, commits: 2000 }],
    [['--rounds', '50', '--jobs', '1'], { rounds: 50, jobs: 1 }],
    [['--only', 'raw, holdfast'], { only: ['raw', 'holdfast'] }],
  ])('%j mean %j', (args, options) => {
    expect(readArguments(args)).toMatchObject(options);
  });

  test.each([
    [
      ['--part', 'speed'],
      'Expected --part to be one of jobs, groups, batch, cancel, recovery, heartbeat, stats, export, analysis, api, got: speed.',
    ],
    [['--rounds', '0'], 'Expected --rounds to be a whole number from 1 to 50, got: 0.'],
    [['--jobs', '1.5'], 'Expected --jobs to be a whole number from 1 to 1000000, got: 1.5.'],
    [['--finished', '5'], 'The part jobs takes no --finished.'],
    [['--part', 'stats', '--rounds', '5'], 'The part stats takes no --rounds.'],
    [['--only', 'raw,pg-boss'], 'Expected --only to list some of holdfast, raw, bullmq, got: pg-boss.'],
  ])('%j are refused: %s', (args, message) => {
    expect(() => readArguments(args)).toThrow(new UsageError(message));
  });

  it('that are unknown are refused with the list of those that are known', () => {
    expect(() => readArguments(['--fast'])).toThrow(USAGE);
  });
});

describe('the help of the benchmark', () => {
  it('is all that --help gives', () => {
    expect(readArguments(['--help', '--part', 'cancel'])).toBeUndefined();
  });

  test.each(PARTS)('tells of the part %s', (part) => {
    expect(USAGE).toMatch(new RegExp(`^ +${part} .*\\w`, 'm'));
  });
});
