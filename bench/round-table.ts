/** Owns the table of several rounds: each contender's figures, and Holdfast's ratio to the others within each round. */
import { type ContenderName, TITLES } from './contender.ts';
import { showSpread } from './figures.ts';
import { alignedTable } from './markdown-table.ts';
import type { Round } from './rounds.ts';
import { spread } from './statistics.ts';

/** A row of a table: one figure of a run. */
export interface Measure<Run> {
  readonly title: string;
  readonly of: (run: Run) => number;
}

/** Those that ran, in the order of the columns. */
export function namesIn(rounds: readonly Round<unknown>[]): readonly ContenderName[] {
  return (Object.keys(TITLES) as ContenderName[]).filter((name) => rounds[0]?.[name] !== undefined);
}

/** Median, least and greatest of each figure, and of the ratios. */
export function roundTable<Run>(rounds: readonly Round<Run>[], measures: readonly Measure<Run>[]): string {
  const names = namesIn(rounds);
  const others = names.filter((name) => name !== 'holdfast' && names.includes('holdfast'));
  const header = ['', ...names.map((name) => TITLES[name]), ...others.map((name) => `Holdfast ÷ ${TITLES[name]}`)];
  const rows = measures.map((measure) => [
    measure.title,
    ...names.map((name) => showSpread(spread(valuesOf(rounds, measure, name)))),
    ...others.map((name) => showSpread(spread(ratiosOf(rounds, measure, name)))),
  ]);
  return alignedTable(header, rows);
}

/** One contender's figure, round by round. */
export function valuesOf<Run>(rounds: readonly Round<Run>[], measure: Measure<Run>, name: ContenderName): readonly number[] {
  return rounds.flatMap((round) => valueIn(round, measure, name));
}

/** Holdfast's figure by the other's, round by round. */
export function ratiosOf<Run>(rounds: readonly Round<Run>[], measure: Measure<Run>, other: ContenderName): readonly number[] {
  return rounds.flatMap((round) => {
    const [ours] = valueIn(round, measure, 'holdfast');
    const [theirs] = valueIn(round, measure, other);
    return ours === undefined || theirs === undefined ? [] : [ours / theirs];
  });
}

function valueIn<Run>(round: Round<Run>, measure: Measure<Run>, name: ContenderName): readonly number[] {
  const run = round[name];
  return run === undefined ? [] : [measure.of(run)];
}
