import { describe, expect, it } from 'vitest';
import {
  asSketch,
  countOf,
  EMPTY_SKETCH,
  mergeSketches,
  quantile,
  type QuantileSketch,
  quantilesBeyond,
  withValue,
} from '../../../../src/contract/statistics/quantile-sketch.ts';
import { seeded } from '../../../support/random.ts';

function sketchOf(values: readonly number[]): QuantileSketch {
  let sketch = EMPTY_SKETCH;
  for (let first = 0; first < values.length; first += 100) {
    const part = values.slice(first, first + 100).reduce((sum, value) => withValue(sum, value), EMPTY_SKETCH);
    sketch = mergeSketches(sketch, part);
  }
  return sketch;
}

/** From 100 ms on, as many short ones as long ones. */
function widelySpread(count: number, longest = 2_000_000): number[] {
  const random = seeded(7);
  return Array.from({ length: count }, () => 100 * (longest / 100) ** random());
}

describe('a quantile sketch', () => {
  it.each([0.01, 0.25, 0.5, 0.9, 0.99])('tells the quantile %d of widely spread durations within 2 %%', (q) => {
    const values = widelySpread(2000);
    const exact = values.toSorted((one, other) => one - other)[Math.ceil(q * values.length) - 1] ?? Number.NaN;
    const told = quantile(sketchOf(values), q) ?? Number.NaN;
    // Two per cent, and the durations between this one and the next.
    expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(0.025);
  });

  it('tells those of durations that lie close together within 0.25 %', () => {
    const values = Array.from({ length: 500 }, (_value, index) => 60_000 + index * 2);
    const told = quantile(sketchOf(values), 0.5) ?? Number.NaN;
    expect(Math.abs(told - 60_500) / 60_500).toBeLessThanOrEqual(0.0025);
  });

  it('stays small: at most 256 buckets and some 2 KB of JSON', () => {
    const sketch = sketchOf(widelySpread(5000, 1e12));
    expect(Object.keys(sketch.buckets).length).toBeLessThanOrEqual(256);
    expect(JSON.stringify(sketch).length).toBeLessThan(2500);
    expect(countOf(sketch)).toBe(5000);
  });

  it('says the same whether all of it was seen by one or parts of it by many', () => {
    const values = widelySpread(300);
    const [first, second] = [sketchOf(values.slice(0, 100)), sketchOf(values.slice(100))];
    expect(mergeSketches(first, second)).toEqual(mergeSketches(second, first));
    expect(countOf(mergeSketches(first, second))).toBe(300);
    expect(quantile(mergeSketches(first, second), 0.5)).toBeCloseTo(quantile(sketchOf(values), 0.5) ?? Number.NaN, -3);
  });

  it('forgets half of its counts over 20 000, and no quantile moves', () => {
    const even = {
      level: 0,
      min: 1,
      max: 2,
      buckets: Object.fromEntries(Array.from({ length: 100 }, (_none, bucket) => [bucket + 1, 201])),
    };
    const halved = mergeSketches(even, EMPTY_SKETCH);
    expect(countOf(halved)).toBe(10_050);
    expect(quantile(halved, 0.3)).toBeCloseTo(quantile(even, 0.3) ?? Number.NaN, 1);
  });

  it('counts and tells only the durations beyond one', () => {
    const sketch = sketchOf([10, 20, 1000, 2000, 3000, 4000]);
    const { count, values } = quantilesBeyond(sketch, 100, [0.5]);
    expect(count).toBe(4);
    expect(values[0]).toBeGreaterThan(1900);
    expect(values[0]).toBeLessThan(2100);
    expect(quantilesBeyond(sketch, 10_000, [0.5])).toEqual({ count: 0, values: [] });
  });

  it('tells nothing when it is empty, and takes any number for a duration', () => {
    expect(quantile(EMPTY_SKETCH, 0.5)).toBeUndefined();
    for (const value of [0, -5, 0.2, 1]) expect(withValue(EMPTY_SKETCH, value).buckets).toEqual({ 0: 1 });
    expect(asSketch(withValue(EMPTY_SKETCH, Number.MAX_VALUE))).toBeDefined();
  });

  it.each([
    null,
    7,
    {},
    { level: 0, min: 2, max: 1, buckets: {} },
    { level: 0, min: 0, max: 1e300, buckets: {} },
    { level: 0, buckets: {} },
    { level: 9, min: 1, max: 2, buckets: {} },
    { level: 0.5, min: 1, max: 2, buckets: {} },
    { level: 0, min: 1, max: 2, buckets: { x: 1 } },
    { level: 0, min: 1, max: 2, buckets: { 9999: 1 } },
    { level: 0, min: 1, max: 2, buckets: { 1: -1 } },
    { level: 0, min: 1, max: 2, buckets: { 1: Number.NaN } },
    { level: 0, min: 1, max: 2, buckets: null },
  ])('is not taken from %j', (value) => {
    expect(asSketch(value)).toBeUndefined();
  });
});
