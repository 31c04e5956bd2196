/** Owns what the benchmark and its parts ask of each other. */
import type { BenchOptions } from './arguments.ts';
import { type ContenderName, TITLES } from './contender.ts';
import type { Section } from './section.ts';
import type { Servers } from './servers.ts';

/** What a part is given. */
export interface Bench {
  readonly options: BenchOptions;
  readonly servers: Servers;
  /** Nothing begins that would not be over by then, in milliseconds since 1970. */
  readonly endsBy: number;
  readonly say: (line: string) => void;
}

export interface PartResult {
  readonly section: Section;
  /** Why it is no report; undefined when it is one. */
  readonly doubt: string | undefined;
}

export interface Part {
  /** Who is compared in it. */
  readonly contenders: readonly ContenderName[];
  run(bench: Bench): Promise<PartResult>;
}

/** Those of a part's contenders that are asked for and can run. */
export function runnable({ contenders }: Part, { options, servers }: Pick<Bench, 'options' | 'servers'>): readonly ContenderName[] {
  return contenders.filter((name) => options.only.includes(name) && (name !== 'bullmq' || servers.redis !== undefined));
}

export interface Coverage {
  readonly part: Part;
  readonly bench: Pick<Bench, 'options' | 'servers'>;
  readonly rounds: number;
  /** Fewer have no meaningful median. */
  readonly roundsOfAReport: number;
}

/** Why these rounds make no report; undefined when they do. */
export function doubtAbout({ part, bench, rounds, roundsOfAReport }: Coverage): string | undefined {
  if (bench.options.quick) return '--quick is no measurement';
  const names = runnable(part, bench);
  const missing = part.contenders.filter((name) => !names.includes(name));
  if (missing.length > 0) return `${missing.map((name) => TITLES[name]).join(' and ')} did not run`;
  return rounds < roundsOfAReport ? `${rounds} rounds are too few` : undefined;
}
