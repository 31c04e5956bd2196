/** Owns the section of this part: how long a job stands still after the death of its worker. */
import { digits, showSpread } from '../figures.ts';
import { alignedTable } from '../markdown-table.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { type Entrant, ENTRANTS } from './contest.ts';

/** One kill of an entrant's worker. */
export interface Kill {
  readonly title: string;
  /** From the kill to the start of the next attempt. */
  readonly seconds: number;
}

export const ROUNDS_OF_A_REPORT = 5;

interface Result {
  readonly entrant: Entrant;
  readonly seconds: readonly number[];
}

export function recoverySection(kills: readonly Kill[]): Section {
  const results = ENTRANTS.map((entrant) => ({
    entrant,
    seconds: kills.filter(({ title }) => title === entrant.title).map(({ seconds }) => seconds),
  }));
  return {
    title: 'From kill -9 of a worker to the next attempt of its job',
    method: 'Figures are medians, with the least and the greatest beside them.',
    verdicts: results.flatMap(verdictOn),
    tables: [
      { title: 'Seconds from the kill to the start of the handler', text: table(results.filter(({ seconds }) => seconds.length > 0)) },
    ],
    howToRead: [
      'The job runs in one worker process, which is ended by SIGKILL; another one is up. The kills of a round are made side by side, 4 s after the start of the handler, and 5.2 s later in each further round, so that they meet the heartbeats at other moments.',
      'Holdfast takes an attempt for dead after 5 s without a heartbeat, or as its contract says, and the server starts the next one a second later. The death uses up no attempt.',
      'Raw Temporal has no default: without a heartbeat timeout the death is not noticed before the time-out of the whole activity. 30 s was chosen here; the SDK waits another second before it tries again. The activity calls `heartbeat` every second, of which the SDK sends one in 24 s.',
      'BullMQ takes a job for stalled when its lock of 30 s was not renewed, and looks every 30 s.',
    ],
    notMeasured: ['A worker on another machine, a server that dies as well, and processes that hang without dying.'],
  };
}

function verdictOn({ entrant: { title, aimSeconds }, seconds }: Result): readonly string[] {
  if (aimSeconds === undefined || seconds.length === 0) return [];
  const { median, max } = spread(seconds);
  const outcome = max <= aimSeconds ? 'reached' : 'NOT REACHED';
  return [`${title}: ${digits(median)} s, at most ${digits(max)} s. The aim is at most ${aimSeconds} s: ${outcome}.`];
}

function table(results: readonly Result[]): string {
  const ofDefault = spread(results.find(({ entrant }) => entrant === ENTRANTS[0])?.seconds ?? []).median;
  const rows = results.map(({ entrant, seconds }) => [
    entrant.title,
    showSpread(spread(seconds)),
    digits(spread(seconds).median / ofDefault),
    String(seconds.length),
  ]);
  return alignedTable(['', 'seconds', '÷ Holdfast by default', 'kills'], rows);
}
