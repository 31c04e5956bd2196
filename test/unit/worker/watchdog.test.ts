import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FIRST_ATTEMPT } from '../../../src/contract/attempts.ts';
import { AttemptCalls, type AttemptClient } from '../../../src/worker/attempt-calls.ts';
import { Watchdog } from '../../../src/worker/watchdog.ts';

const attempt = { type: 'resize', jobId: 'job-1', taskToken: Uint8Array.of(1), heartbeatMs: 1000, dueAtMs: 0, stop: () => undefined };

interface Watching {
  readonly watchdog: Watchdog;
  readonly lines: readonly { readonly message: string; readonly fields: unknown }[];
  /** Heartbeats that the worker itself asked for. */
  readonly asked: readonly Uint8Array[];
}

function watching({ program, isGone = false }: { readonly program?: string; readonly isGone?: boolean } = {}): Watching {
  const lines: { message: string; fields: unknown }[] = [];
  const asked: Uint8Array[] = [];
  const ignore = (): void => undefined;
  const client = {
    heartbeat: (token: Uint8Array) => {
      asked.push(token);
      return isGone ? Promise.reject(Object.assign(new Error('gone'), { name: 'ActivityNotFoundError' })) : Promise.resolve();
    },
  };
  const watchdog = new Watchdog({
    log: { debug: ignore, info: ignore, error: ignore, warn: (message, fields) => void lines.push({ message, fields }) },
    // Nothing listens there: the thread tries in vain.
    server: { address: '127.0.0.1:9', namespace: 'default' },
    identity: 'w1',
    calls: new AttemptCalls(client as AttemptClient),
    ...(program === undefined ? {} : { program: new URL(`data:text/javascript,${encodeURIComponent(program)}`) }),
  });
  onTestFinished(() => watchdog.close());
  return { watchdog, lines, asked };
}

function block(ms: number): void {
  for (const endsAt = performance.now() + ms; performance.now() < endsAt;);
}

describe('the watchdog of a worker', () => {
  test('says once how long the event loop was blocked, and by which job, also when that has ended with it', async () => {
    const { watchdog, lines } = watching();
    const guarded = watchdog.watch(attempt, FIRST_ATTEMPT);
    block(1100);
    guarded.end();
    await sleep(150);
    expect(lines).toEqual([
      { message: expect.stringMatching(/^event loop blocked for 1(\.\d)? s$/) as string, fields: { type: 'resize', job: 'job-1' } },
    ]);
  });

  test('names the jobs, ten of them at most, when several ran', async () => {
    const { watchdog, lines } = watching();
    for (let index = 0; index < 12; index += 1) watchdog.watch({ ...attempt, jobId: `job-${index}` }, FIRST_ATTEMPT);
    block(1100);
    await sleep(150);
    const [{ fields } = { fields: {} }] = lines;
    expect(fields).toMatchObject({ running: 12, attempts: [{ job: 'job-0' }, ...Array.from({ length: 9 }, () => ({ type: 'resize' }))] });
  });

  test('says nothing of a block while no job ran', async () => {
    const { watchdog, lines } = watching();
    block(1100);
    await sleep(150);
    watchdog.watch(attempt, FIRST_ATTEMPT);
    expect(lines).toEqual([]);
  });

  test.each([
    ['still has it', false, true],
    ['has given it to another worker', true, false],
  ])(
    'asks the server, after a block, whether a job that comes now is still meant for this process: it %s',
    async (_what, isGone, isOpen) => {
      const { watchdog, asked } = watching({ isGone });
      expect(await watchdog.watch(attempt, FIRST_ATTEMPT).isOpen()).toBe(true);
      expect(asked).toHaveLength(0);
      block(1100);
      expect(await watchdog.watch(attempt, FIRST_ATTEMPT).isOpen()).toBe(isOpen);
      await sleep(150);
      expect(await watchdog.watch(attempt, FIRST_ATTEMPT).isOpen()).toBe(isOpen);
      expect(await watchdog.watch({ ...attempt, dueAtMs: Date.now() }, FIRST_ATTEMPT).isOpen()).toBe(true);
      expect(asked).toHaveLength(2);
    },
  );

  test('without its thread says so once and lets the worker go on', async () => {
    const { watchdog, lines } = watching({ program: 'throw new Error("no threads here")' });
    while (lines.length === 0) await sleep(10);
    const guarded = watchdog.watch(attempt, FIRST_ATTEMPT);
    guarded.update({ ...FIRST_ATTEMPT, progress: { percent: 1 } });
    expect(guarded.takeOver()).toBe(false);
    guarded.end();
    await watchdog.close();
    expect(lines).toEqual([
      {
        message: expect.stringContaining('no watchdog') as string,
        fields: { error: expect.stringContaining('no threads here') as string },
      },
    ]);
  });
});
