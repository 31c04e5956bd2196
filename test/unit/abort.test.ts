import { describe, expect, test } from 'vitest';
import { orAborted } from '../../src/abort.ts';

const never = new Promise<never>(() => undefined);

describe('work that a signal may cut short', () => {
  test('gives what it resolves with, or its own error', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve('done'), signal)).toBe('done');
    await expect(orAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  test('rejects with the reason when the signal fires', async () => {
    const stop = new AbortController();
    const waiting = orAborted(never, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('rejects with the reason of a signal that has fired before, however the work ends', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    for (const work of [never, Promise.resolve('done'), Promise.reject(new Error('broken'))])
      await expect(orAborted(work, stopped)).rejects.toThrow('enough');
  });
});
