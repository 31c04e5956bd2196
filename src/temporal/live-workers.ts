/**
 * Owns which workers of a queue are alive. The server keeps a poller for 5 minutes after its last poll, a dead one as well as one
 * whose places are all taken, so pollers alone say little; the workers' own heartbeats, where there are any, say the rest. Pure.
 */

/** Somebody who took or asked for work of the queue. */
export interface Poller {
  readonly identity: string;
  readonly lastPollMs: number;
}

/** What a worker last said of itself. */
export interface WorkerBeat {
  readonly identity: string;
  /** False once it has said that it shuts down. */
  readonly isRunning: boolean;
  readonly beatMs: number;
  /** Time between its last two heartbeats, or before the first; undefined where the server does not tell. */
  readonly intervalMs: number | undefined;
}

export interface LiveWorkers {
  /** Identities of the workers that are alive. */
  readonly alive: readonly string[];
  /** When anybody was last seen there, ms since 1970. */
  readonly lastSeenMs: number | undefined;
}

/** A poll that found nothing is made again after 60 s; with a margin. */
const POLL_AGAIN_MS = 70_000;
/** The longest interval of heartbeats that a worker can have, with a margin. */
const UNKNOWN_BEAT_MS = 65_000;
const SHORTEST_SILENCE_MS = 5000;
const BEATS_MISSED = 2.5;

/** The workers that are alive at the time `now`, given who polls and what they said. */
export function liveWorkers(pollers: readonly Poller[], beats: readonly WorkerBeat[], now: number): LiveWorkers {
  const beating = beats.filter((beat) => beat.isRunning && now - beat.beatMs < silenceOf(beat)).map(({ identity }) => identity);
  const polling = pollers.filter((poller) => isAlive(poller, beats, now)).map(({ identity }) => identity);
  const seen = [...pollers.map(({ lastPollMs }) => lastPollMs), ...beats.map(({ beatMs }) => beatMs)];
  return { alive: [...new Set([...beating, ...polling])], lastSeenMs: seen.length === 0 ? undefined : Math.max(...seen) };
}

/** True unless its own last word was an end or a silence. One that starts anew under the same name polls before it says anything. */
function isAlive({ identity, lastPollMs }: Poller, beats: readonly WorkerBeat[], now: number): boolean {
  const isOver = beats.some((beat) => beat.identity === identity && lastPollMs <= beat.beatMs + (beat.intervalMs ?? UNKNOWN_BEAT_MS));
  return !isOver && now - lastPollMs < POLL_AGAIN_MS;
}

/** After this time without a heartbeat a worker is taken for dead. */
function silenceOf({ intervalMs }: WorkerBeat): number {
  return intervalMs === undefined ? UNKNOWN_BEAT_MS : Math.max(SHORTEST_SILENCE_MS, BEATS_MISSED * intervalMs);
}
