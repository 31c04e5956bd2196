/**
 * Owns how the numbers of jobs of carriers become words of the server's index, which counts workflows and does not add: each number is
 * there as its bits, so that the sum over all carriers is that of 2^bit × how many of them have the bit.
 */
import { MAX_CARRIED } from './carrier.ts';

/** All jobs of a carrier; of one that has ended those that failed, and those that were cancelled. */
export type CountedJobs = 'all' | 'failed' | 'cancelled';

export const BITS: readonly number[] = Array.from({ length: Math.ceil(Math.log2(MAX_CARRIED + 1)) }, (_none, bit) => bit);

export function bitWord(counted: CountedJobs, bit: number): string {
  return `${counted}-${bit}`;
}

/** The words of a number. */
export function bitWords(counted: CountedJobs, count: number): readonly string[] {
  return BITS.filter((bit) => (count >> bit) % 2 === 1).map((bit) => bitWord(counted, bit));
}
