/**
 * The thread that sends the heartbeats of a worker whose event loop is blocked. Which and when: `watched-attempts.ts`.
 * It looks only while attempts run, and ends with the worker, which does not wait for it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { HeartbeatConnection } from './heartbeat-connection.ts';
import { type AttemptMessage, monotonicMs, type StopMessage, type WatchdogSettings } from './watchdog-messages.ts';
import { type Beat, blockedAfterMs, BLOCKED_AFTER_MS, WatchedAttempts } from './watched-attempts.ts';

const LOOK_EVERY_MS = 100;

const { server, identity, ticks } = workerData as WatchdogSettings;
const tick = new BigInt64Array(ticks);
const attempts = new WatchedAttempts();
const connection = new HeartbeatConnection(server);
let timer: NodeJS.Timeout | undefined;

function take({ id, attempt }: AttemptMessage): void {
  attempts.set(id, attempt);
  // Whose worker is taken for dead after a second cannot wait for what the first heartbeat has to load.
  if (attempt !== undefined && blockedAfterMs(attempt) < BLOCKED_AFTER_MS) void connection.prepare();
  if (attempts.size > 0) timer ??= setInterval(look, LOOK_EVERY_MS);
  else {
    clearInterval(timer);
    timer = undefined;
  }
}

function look(): void {
  const nowMs = monotonicMs();
  const stillForMs = nowMs - Number(Atomics.load(tick, 0));
  for (const beat of attempts.due({ nowMs, stillForMs, date: new Date() })) void send(beat);
}

async function send({ id, taskToken, record }: Beat): Promise<void> {
  try {
    const answer = await connection.send({ taskToken, record, identity, namespace: server.namespace });
    if (answer === undefined) attempts.set(id, undefined);
    if (answer === undefined || answer.isStopped) say({ id, why: 'gone' });
    else if (answer.isCancelRequested) say({ id, why: 'cancelled' });
  } catch {
    // The server cannot be reached: the next beat tries again, and the worker itself says so once it is free.
  } finally {
    attempts.sent(id);
  }
}

function say(message: StopMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', take);
