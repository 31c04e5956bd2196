/** Owns the reading of option values from the command line. What is wrong is a usage error, told beside the option's name. */
import { InvalidArgumentError } from 'commander';
import { MAX_CONCURRENCY } from '../contract/options.ts';
import type { QueueOptions } from '../worker.ts';

export type Queues = Readonly<Record<string, QueueOptions>>;

const LARGEST_PORT = 65_535;

export function portValue(text: string): number {
  return wholeNumber(text, LARGEST_PORT);
}

export function concurrencyValue(text: string): number {
  return wholeNumber(text, MAX_CONCURRENCY);
}

/** Takes `name` or `name=concurrency` in addition to the queues given before it. */
export function queueValue(text: string, before: Queues = {}): Queues {
  const [, name, concurrency] = /^([^=]+)(?:=(.*))?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Expected a queue as name or name=concurrency, such as emails=20.');
  return { ...before, [name]: concurrency === undefined ? {} : { concurrency: concurrencyValue(concurrency) } };
}

function wholeNumber(text: string, largest: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 1 && number <= largest) return number;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${largest}.`);
}
