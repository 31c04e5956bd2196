/** Owns tables of commands: columns without borders, cut to the width of the terminal. Pure. */
import Table from 'cli-table3';
import { defused, fit, type Style, widthOf } from './text.ts';

export interface TableColumn<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

const GAP = 2;
const NARROWEST = 8;

/** The lines of a table. The widest column gives way where the room is too small. */
export function plainTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  { width, style }: { width: number; style: Style },
): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => defused(value(row))));
  const widths = columns.map(({ head }, index) => Math.max(widthOf(head), ...cells.map((row) => widthOf(row[index] ?? ''))));
  const total = widths.reduce((sum, one) => sum + one + GAP, -GAP);
  const widest = widths.indexOf(Math.max(...widths));
  const fitting = widths.map((one, index) => (index === widest ? Math.max(NARROWEST, one - Math.max(0, total - width)) : one));
  const table = new Table({
    head: columns.map(({ head }) => style('bold', head)),
    colAligns: columns.map(({ align = 'left' }) => align),
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of cells) table.push(row.map((cell, index) => fit(cell, fitting[index] ?? NARROWEST)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** cli-table3's characters of a table that has no lines. */
export const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};
