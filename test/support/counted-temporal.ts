/** A connection that counts the calls that are made over it. */
import { onTestFinished } from 'vitest';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { serverAddress } from './jobs.ts';

export interface CountedTemporal {
  readonly temporal: Temporal;
  /** What each call so far was for, in order. */
  readonly calls: string[];
}

/** It is closed when the test ends. */
export async function countedTemporal(): Promise<CountedTemporal> {
  const temporal = await connectTemporal({ address: serverAddress(), namespace: 'default' });
  onTestFinished(() => temporal.close());
  const calls: string[] = [];
  const noted = (what: string): string => {
    calls.push(what);
    return what;
  };
  return {
    calls,
    temporal: {
      ...temporal,
      call: (what, body) => temporal.call(noted(what), body),
      read: (what, body) => temporal.read(noted(what), body),
      wait: (what, body, signal) => temporal.wait(noted(what), body, signal),
    },
  };
}
