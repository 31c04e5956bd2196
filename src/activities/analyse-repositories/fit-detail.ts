/** Owns that a report fits its budget of bytes: its lists are shortened, the least telling entries first, and `cut` says by how many. */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';

/** A list of the report, its least telling entry last. */
interface Detail {
  readonly cut: keyof RepositoryReport['cut'];
  readonly entries: unknown[];
  readonly sizes: number[];
  bytes: number;
}

/** The report with lists short enough that its JSON takes at most `maxBytes`, or with no list entries at all. */
export function fitDetail(report: RepositoryReport, maxBytes: number): RepositoryReport {
  const fitted = structuredClone(report);
  // Of the months the oldest matter least, so that list is shortened from its start.
  fitted.commits.byMonth.reverse();
  const details = detailsOf(fitted);
  // Room for the numbers of `cut`, which grow while entries go.
  let excess = jsonBytes(fitted) + 6 * details.length - maxBytes;
  while (excess > 0) {
    const largest = details.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const size = largest.sizes.pop();
    if (size === undefined) break;
    largest.entries.pop();
    largest.bytes -= size;
    fitted.cut[largest.cut] += 1;
    excess -= size;
  }
  fitted.commits.byMonth.reverse();
  return fitted;
}

function detailsOf({ commits, authors, languages, churn, licences, manifests, dependencies }: RepositoryReport): Detail[] {
  return [
    detail('months', commits.byMonth),
    detail('authors', authors.top),
    detail('languages', languages),
    detail('hotspots', churn.hotspots),
    detail('licences', licences),
    detail('manifests', manifests),
    detail('dependencies', dependencies),
  ];
}

function detail(cut: Detail['cut'], entries: unknown[]): Detail {
  // One more for the comma.
  const sizes = entries.map((entry) => jsonBytes(entry) + 1);
  return { cut, entries, sizes, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
