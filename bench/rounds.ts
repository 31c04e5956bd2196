/** Owns the order of the runs: interleaved, so that what else the machine does falls on all contenders alike. */
import type { ContenderName } from './contender.ts';
import type { Run } from './run.ts';

/** One run of each contender. */
export type Round = Readonly<Partial<Record<ContenderName, Run>>>;

/** The contenders of the `index`-th round: over six rounds three of them take every order once. */
export function orderOf(names: readonly ContenderName[], index: number): readonly ContenderName[] {
  const shift = Math.floor(index / 2) % names.length;
  const rotated = [...names.slice(shift), ...names.slice(0, shift)];
  return index % 2 === 0 ? rotated : rotated.toReversed();
}

export interface RoundsPlan {
  readonly names: readonly ContenderName[];
  readonly rounds: number;
  /** No round begins that would not be over by then, in milliseconds since 1970. */
  readonly endsBy: number;
  readonly run: (name: ContenderName, round: number) => Promise<Run>;
}

/** The rounds that there was time for; at least one. */
export async function runRounds({ names, rounds, endsBy, run }: RoundsPlan): Promise<readonly Round[]> {
  const done: Round[] = [];
  let longestMs = 0;
  while (done.length < rounds && (done.length === 0 || Date.now() + longestMs < endsBy)) {
    const startedAt = Date.now();
    const round: Partial<Record<ContenderName, Run>> = {};
    for (const name of orderOf(names, done.length)) round[name] = await run(name, done.length + 1);
    done.push(round);
    longestMs = Math.max(longestMs, Date.now() - startedAt);
  }
  return done;
}
