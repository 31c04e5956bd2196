/**
 * Owns a small picture of many durations that can be merged and asked for quantiles: logarithmic buckets, as in DDSketch
 * (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019).
 *
 * 1. A quantile is within 2 % of the true one while the longest duration is under 25 000 times the shortest; within 0.25 %
 *    while they lie close together. For buckets begin narrow, and when there are too many of them each two become one
 *    (Epicoco et al.: "UDDSketch: Accurate Tracking of Quantiles in Data Streams", 2020). Below 1 ms counts as 1 ms.
 * 2. At most 256 buckets, some 2 KB of JSON.
 * 3. Over 20 000 durations all counts are halved, so that a change of a type's durations shows after some time.
 */
export interface QuantileSketch {
  /** Each bucket is 2^level of the narrowest ones wide. */
  readonly level: number;
  /** The shortest and the longest duration, in milliseconds; 0 while there is none. */
  readonly min: number;
  readonly max: number;
  /** Bucket number → durations in it. Bucket n holds those from γⁿ⁻¹ (exclusive) to γⁿ milliseconds. */
  readonly buckets: Readonly<Record<string, number>>;
}

export const EMPTY_SKETCH: QuantileSketch = { level: 0, min: 0, max: 0, buckets: {} };

const NARROWEST_ACCURACY = 0.0025;
const LOG_GAMMA = Math.log((1 + NARROWEST_ACCURACY) / (1 - NARROWEST_ACCURACY));
/** Buckets of this level hold all durations that there can be. */
const LAST_LEVEL = 5;
const MAX_BUCKETS = 256;
const MOST_VALUES = 20_000;
/** Some 300 years, and the bucket that it is in. */
const LONGEST_MS = 1e13;
const LAST_BUCKET = 5987;

/** The sketch with one duration more, which counts as `weight`. */
export function withValue(sketch: QuantileSketch, milliseconds: number, weight = 1): QuantileSketch {
  return withValues(sketch, [milliseconds], weight);
}

/** The same with several. */
export function withValues(sketch: QuantileSketch, milliseconds: readonly number[], weight = 1): QuantileSketch {
  const buckets: Record<string, number> = { ...sketch.buckets };
  let range: Range = sketch;
  for (const one of milliseconds) {
    const value = Math.round(Math.min(Math.max(one, 1), LONGEST_MS));
    const bucket = Math.ceil(Math.ceil(Math.log(value) / LOG_GAMMA) / 2 ** sketch.level);
    buckets[bucket] = (buckets[bucket] ?? 0) + weight;
    range = rangeOf(range, { min: value, max: value });
  }
  return { level: sketch.level, min: range.min, max: range.max, buckets };
}

/** The sketch of the durations of both, within the limits. */
export function mergeSketches(one: QuantileSketch, other: QuantileSketch): QuantileSketch {
  const level = Math.max(one.level, other.level);
  const buckets: Record<string, number> = { ...widened(one, level).buckets };
  for (const [bucket, count] of Object.entries(widened(other, level).buckets)) buckets[bucket] = (buckets[bucket] ?? 0) + count;
  return halveIfMany(shrunk({ level, ...rangeOf(one, other), buckets }));
}

/** How many durations it stands for. */
export function countOf({ buckets }: QuantileSketch): number {
  return Object.values(buckets).reduce((sum, count) => sum + count, 0);
}

/** The duration, in milliseconds, that the part `q` (0–1) of those in the sketch does not exceed. Undefined for an empty sketch. */
export function quantile(sketch: QuantileSketch, q: number): number | undefined {
  return quantilesBeyond(sketch, 0, [q]).values[0];
}

/** Of the durations that are longer than `atLeast`: how many they are, and their quantiles. None without such durations. */
export function quantilesBeyond(
  sketch: QuantileSketch,
  atLeast: number,
  qs: readonly number[],
): { readonly count: number; readonly values: readonly number[] } {
  const buckets = bucketsBeyond(sketch, atLeast);
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return { count, values: count === 0 ? [] : qs.map((q) => valueAt(buckets, q * count)) };
}

/** What somebody sent, as a sketch that can be merged; undefined when it is none. */
export function asSketch(value: unknown): QuantileSketch | undefined {
  const { level, min, max, buckets } = (value ?? {}) as Partial<QuantileSketch>;
  if (!(Number.isInteger(level) && Number(level) >= 0 && Number(level) <= LAST_LEVEL)) return undefined;
  if (typeof min !== 'number' || typeof max !== 'number' || !(min >= 0 && max >= min && max <= LONGEST_MS)) return undefined;
  if (typeof buckets !== 'object' || buckets === null) return undefined;
  const entries = Object.entries(buckets);
  const isSound = entries.every(
    ([bucket, count]) => /^\d{1,4}$/.test(bucket) && Number(bucket) <= LAST_BUCKET && Number.isFinite(count) && count > 0,
  );
  return isSound ? { level: Number(level), min, max, buckets } : undefined;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function valueAt(buckets: readonly Bucket[], rank: number): number {
  let rest = rank;
  for (const { from, to, count } of buckets) {
    if (rest <= count) return from + (to - from) * (rest / count);
    rest -= count;
  }
  return buckets.at(-1)?.to ?? 0;
}

/** The buckets beyond a duration, shortest first; durations are taken to be spread evenly within a bucket. */
function bucketsBeyond(sketch: QuantileSketch, atLeast: number): Bucket[] {
  const width = LOG_GAMMA * 2 ** sketch.level;
  return sorted(sketch).flatMap(([bucket, count]) => {
    const low = Math.max(Math.exp(width * (bucket - 1)), sketch.min);
    const to = Math.max(low, Math.min(Math.exp(width * bucket), sketch.max));
    const from = Math.max(low, atLeast);
    if (atLeast >= to) return [];
    return [{ from, to, count: to === low ? count : (count * (to - from)) / (to - low) }];
  });
}

/** The keys of an object that are whole numbers come in their order. */
function sorted({ buckets }: QuantileSketch): (readonly [number, number])[] {
  return Object.entries(buckets).map(([bucket, count]) => [Number(bucket), count] as const);
}

/** The range of both; a range that ends at 0 is that of no durations. */
function rangeOf(one: Range, other: Range): Range {
  if (one.max === 0 || other.max === 0) return { min: one.min + other.min, max: one.max + other.max };
  return { min: Math.min(one.min, other.min), max: Math.max(one.max, other.max) };
}

function widened(sketch: QuantileSketch, level: number): QuantileSketch {
  if (sketch.level >= level) return sketch;
  const buckets: Record<string, number> = {};
  for (const [bucket, count] of sorted(sketch)) {
    const wide = Math.ceil(bucket / 2);
    buckets[wide] = (buckets[wide] ?? 0) + count;
  }
  return widened({ ...sketch, level: sketch.level + 1, buckets }, level);
}

function shrunk(sketch: QuantileSketch): QuantileSketch {
  const fits = Object.keys(sketch.buckets).length <= MAX_BUCKETS || sketch.level === LAST_LEVEL;
  return fits ? sketch : shrunk(widened(sketch, sketch.level + 1));
}

/** What is left over in one bucket is carried on to the next, so that no quantile moves by more than one duration. */
function halveIfMany(sketch: QuantileSketch): QuantileSketch {
  if (countOf(sketch) <= MOST_VALUES) return sketch;
  let carried = 0;
  const halved = sorted(sketch).map(([bucket, count]) => {
    const half = count / 2 + carried;
    carried = half % 1;
    return [bucket, Math.floor(half)] as const;
  });
  return { ...sketch, buckets: Object.fromEntries(halved.filter(([, count]) => count > 0)) };
}
