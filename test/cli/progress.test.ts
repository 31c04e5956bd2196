import { describe, expect, it } from 'vitest';
import { ProgressLines } from '../../src/cli/progress-lines.ts';
import { bar, type JobView, progressView } from '../../src/cli/progress-view.ts';
import { RemainingTime } from '../../src/cli/remaining-time.ts';
import { plain, widthOf } from '../../src/cli/text.ts';
import type { JobSnapshot } from '../../src/contract/snapshot.ts';
import { waitingFor } from '../../src/contract/waiting-for.ts';
import { ADDED_AT, snapshot, step } from './support/analysis.ts';

const NOW = ADDED_AT + 63_000;
const waitsForWorker = waitingFor({ code: 'queue', queue: 'dev-1' });
const busy = snapshot({
  steps: [
    step('hono', { progress: { percent: 62, message: 'reading history: 1 200 of 2 704 commits' } }),
    step('zod', { status: 'retrying', attempt: 1, progress: { percent: 12, message: 'fetching: objects' } }),
    step('a-repository-with-a-very-long-name-that-goes-on-and-on', { attempt: 2, progress: { percent: 100, message: 'adding up' } }),
    step('last', { status: 'queued', attempt: 0, progress: null }),
  ],
});

function view(parts: Partial<JobView> = {}, room = { width: 80, rows: 24 }): string[] {
  return progressView({ snapshot: busy, remainingMs: 40_000, nowMs: NOW, ...parts }, room, plain);
}

describe('a job under way on a terminal', () => {
  it('shows its state, an overall bar with the time left, and a line for each running step', () => {
    expect(view()).toEqual([
      'analyse-repositories  processing  1 min 3 s  01a21003-bdb1-731a-a519-fbfedad05d…',
      '  ███████████░░░░░░░░░░░░░  47 %  2 of 5 repositories done, about 40 s left',
      '  hono                 ██████░░░░  62 %  reading history: 1 200 of 2 704 commits',
      '  zod                  █░░░░░░░░░  12 %  attempt 1 failed, waits for the next',
      '  a-repository-with-a… ██████████ 100 %  attempt 2: adding up',
      '  last                 ░░░░░░░░░░   0 %  waits for a free worker',
    ]);
  });

  it('gives long names more room on a wide terminal, and leaves out a time that is not known', () => {
    const lines = view({ remainingMs: undefined }, { width: 120, rows: 24 });
    expect(lines[0]).toContain('01a21003-bdb1-731a-a519-fbfedad05d14');
    expect(lines[1]).toBe('  ███████████░░░░░░░░░░░░░  47 %  2 of 5 repositories done');
    expect(lines[4]).toBe('  a-repository-with-a-very-long… ██████████ 100 %  attempt 2: adding up');
  });

  it('shows the job’s own estimate where it has one', () => {
    const at = (ms: number): string => new Date(NOW + ms).toISOString();
    const lineOf = (eta: JobSnapshot['eta']): string | undefined => view({ snapshot: snapshot({ eta }) })[1];
    expect(lineOf({ p50: at(38_000), p90: at(190_000), samples: 5 })).toContain('2 of 5 repositories done, 40 s to 3 min left');
    expect(lineOf({ p50: at(38_000), p90: at(41_000), samples: 5 })).toContain('2 of 5 repositories done, about 40 s left');
    expect(lineOf({ p50: at(-1), p90: at(60_000), samples: 5 }), 'it takes longer than most').toContain('about 40 s left');
    expect(lineOf('unknown')).toContain('about 40 s left');
  });

  it('never gets wider than the terminal, nor higher', () => {
    const steps = Array.from({ length: 40 }, (_, index) =>
      step(`日本語の長い名前 ${index}`, { progress: { percent: index, message: '✓'.repeat(200) } }),
    );
    for (const width of [40, 60, 80, 200]) {
      const lines = view({ snapshot: snapshot({ steps }) }, { width, rows: 12 });
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      expect(lines).toHaveLength(9);
      expect(lines.at(-1)).toBe('  … and 34 more');
    }
  });

  it('shows names and messages that try to command the terminal as text', () => {
    const evil = '\u001B[2J\u001B]0;x\u0007\r\nname\u202E';
    const job = snapshot({ progress: { percent: 1, message: evil }, steps: [step(evil, { progress: { percent: 1, message: evil } })] });
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(view({ snapshot: job }).join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(view({ snapshot: job })[2]).toContain('␛[2J␛]0;x· name');
  });

  it('says why it waits, but not of the moment that each job waits for a worker', () => {
    const queued = snapshot({ status: 'queued', progress: null, waitingFor: waitsForWorker });
    expect(view({ snapshot: queued, nowMs: ADDED_AT + 1000 })).toHaveLength(2);
    expect(view({ snapshot: queued })[2]).toBe('  Waits for a free worker on the queue "dev-1". If none runs there, start one f…');
  });

  it('fills a bar only when it is done', () => {
    expect([0, 4, 50, 99.9, 100].map((percent) => bar(percent, 4))).toEqual(['░░░░', '░░░░', '██░░', '███░', '████']);
  });
});

describe('a job under way without a terminal', () => {
  function told(...snapshots: readonly JobSnapshot[]): string[] {
    const lines = new ProgressLines();
    return snapshots.flatMap((each) => lines.next(each, NOW));
  }
  const at = (percent: number, message: string): JobSnapshot => snapshot({ progress: { percent, message }, steps: [] });

  it('is told by a line per step of 10 % and per phase', () => {
    const reading = (percent: number, done: number): JobSnapshot =>
      snapshot({ steps: [step('hono', { progress: { percent, message: `reading history: ${done} of 900 commits` } })] });
    expect(told(reading(31, 10), reading(34, 80), reading(38, 90), reading(41, 200))).toEqual([
      '[1 min 3 s] analyse-repositories processing: 47 %, 2 of 5 repositories done',
      '[1 min 3 s]   hono: 31 %, reading history: 10 of 900 commits',
      '[1 min 3 s]   hono: 41 %, reading history: 200 of 900 commits',
    ]);
    expect(
      told(at(0, '1 of 500 repositories done'), at(3, '2 of 500 repositories done'), at(12, '3 of 500 repositories done')),
    ).toHaveLength(2);
  });

  it('tells each attempt, and why it waits', () => {
    const retrying = snapshot({ steps: [step('hono', { status: 'retrying', attempt: 1 })] });
    const again = snapshot({ steps: [step('hono', { attempt: 2 })] });
    expect(told(retrying, again).slice(1)).toEqual(['[1 min 3 s]   hono, attempt 1: retrying', '[1 min 3 s]   hono, attempt 2: 0 %']);
    expect(told(snapshot({ status: 'queued', waitingFor: waitsForWorker }))).toEqual([
      '[1 min 3 s] analyse-repositories queued: Waits for a free worker on the queue "dev-1". If none runs there, start one for this queue.',
    ]);
  });

  it('tells the job’s own estimate with each line of its progress', () => {
    const eta = { p50: new Date(NOW + 40_000).toISOString(), p90: new Date(NOW + 90_000).toISOString(), samples: 5 };
    expect(told(snapshot({ eta }))).toEqual([
      '[1 min 3 s] analyse-repositories processing: 47 %, 2 of 5 repositories done, 40 s to 1 min 30 s left',
    ]);
  });

  it('shows names that try to command the terminal as text', () => {
    expect(told(snapshot({ steps: [step('\u001B[2Jx')] }))[1]).toBe('[1 min 3 s]   ␛[2Jx: 0 %');
  });
});

describe('the time left', () => {
  function noted(...samples: readonly (readonly [atMs: number, percent: number])[]): RemainingTime {
    const remaining = new RemainingTime();
    for (const [atMs, percent] of samples) remaining.note(percent, atMs);
    return remaining;
  }

  it('follows from the rate of the last minute', () => {
    expect(noted([0, 0], [10_000, 20]).estimate(10_000)).toBe(40_000);
    expect(noted([0, 0], [10_000, 20]).estimate(20_000)).toBe(30_000);
    expect(noted([0, 0], [100_000, 10], [130_000, 13]).estimate(130_000)).toBe(900_000);
  });

  it('is not known while too little was seen, or when nothing moves', () => {
    expect(noted().estimate(0)).toBeUndefined();
    expect(noted([0, 0], [1000, 50]).estimate(1000)).toBeUndefined();
    expect(noted([0, 0], [30_000, 2]).estimate(30_000)).toBeUndefined();
    expect(noted([0, 0], [10_000, 20]).estimate(26_000)).toBeUndefined();
  });

  it('is never nothing while the job goes on', () => {
    expect(noted([0, 0], [10_000, 99]).estimate(14_000)).toBe(5000);
  });
});
