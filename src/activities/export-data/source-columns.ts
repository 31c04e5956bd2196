/** Owns what the columns of any source must be: some, not too many, each with a name of its own. */
import { JobError } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import { MAX_COLUMNS } from '../../jobs/export-data.ts';
import type { Column } from './table.ts';

/** The columns, or JobError `source-unreadable` or `limit-exceeded`. */
export function checkColumns(columns: readonly Column[]): readonly Column[] {
  if (columns.length === 0) throw new JobError('source-unreadable', 'The source has no columns.');
  checkColumnCount(columns.length);
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) {
      const message = `Two columns of the source have the name ${show(name)}. Give each a name of its own, for example with AS.`;
      throw new JobError('source-unreadable', message, { details: { name: name.slice(0, 200) } });
    }
    names.add(name);
  }
  return columns;
}

/** @throws JobError `limit-exceeded` */
export function checkColumnCount(count: number): void {
  if (count <= MAX_COLUMNS) return;
  throw new JobError('limit-exceeded', `The source has more than ${MAX_COLUMNS} columns, the most that are exported.`, {
    details: { limit: 'columns', maxColumns: MAX_COLUMNS },
  });
}
