/** Owns the order of the runs: interleaved, so that what else the machine does falls on all contenders alike. */
import type { ContenderName } from './contender.ts';

/** One run of each contender. */
export type Round<Run> = Readonly<Partial<Record<ContenderName, Run>>>;

/** The contenders of the `index`-th round: over six rounds three of them take every order once. */
export function orderOf(names: readonly ContenderName[], index: number): readonly ContenderName[] {
  const shift = Math.floor(index / 2) % names.length;
  const rotated = [...names.slice(shift), ...names.slice(0, shift)];
  return index % 2 === 0 ? rotated : rotated.toReversed();
}

export interface RoundsPlan<Result> {
  readonly rounds: number;
  /** No round begins that would not be over by then, in milliseconds since 1970. */
  readonly endsBy: number;
  readonly round: (index: number) => Promise<Result>;
}

/** The rounds that there was time for; at least one. */
export async function runRounds<Result>({ rounds, endsBy, round }: RoundsPlan<Result>): Promise<readonly Result[]> {
  const done: Result[] = [];
  let longestMs = 0;
  while (done.length < rounds && (done.length === 0 || Date.now() + longestMs < endsBy)) {
    const startedAt = Date.now();
    done.push(await round(done.length));
    longestMs = Math.max(longestMs, Date.now() - startedAt);
  }
  return done;
}

/** A round in which each contender runs by itself, one after the other. */
export async function inTurns<Run>(
  names: readonly ContenderName[],
  index: number,
  run: (name: ContenderName) => Promise<Run>,
): Promise<Round<Run>> {
  const round: Partial<Record<ContenderName, Run>> = {};
  for (const name of orderOf(names, index)) round[name] = await run(name);
  return round;
}
