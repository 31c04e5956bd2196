/**
 * Owns the bus factor: the smallest number of authors who together made at least half of the commits.
 * Source: CHAOSS, "Contributor Absence Factor" (formerly Bus Factor): "the smallest number of people that make 50% of
 * contributions"; here commits are the contributions. https://chaoss.community/kb/metric-contributor-absence-factor/
 */

/** The bus factor of authors with these numbers of commits; 0 when there are none. */
export function busFactor(commitsByAuthor: Iterable<number>): number {
  const counts = Float64Array.from(commitsByAuthor).toSorted().toReversed();
  const half = counts.reduce((sum, commits) => sum + commits, 0) / 2;
  let covered = 0;
  let authors = 0;
  for (const commits of counts) {
    covered += commits;
    authors += 1;
    if (covered >= half) return authors;
  }
  return authors;
}
