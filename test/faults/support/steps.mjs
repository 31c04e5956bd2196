// The contracts of a job that works in small steps and keeps a checkpoint after each, of one that kills, and of one that waits until it is cancelled.
import { z } from 'zod';
import { defineJob } from '../../../dist/contract/index.js';

export const steps = defineJob({
  name: 'steps',
  input: z.object({ count: z.number(), stepMs: z.number() }),
  output: z.object({ count: z.number(), from: z.number() }),
  // One failure is the end: a death or a shutdown that counted as one would be seen.
  retry: { maxAttempts: 1 },
});

/** Shares its workflow with others that are added at the same time. */
export const shared = defineJob({
  name: 'shared',
  input: z.object({ n: z.number(), ms: z.number(), kills: z.boolean().default(false) }),
  output: z.object({ square: z.number() }),
  retry: { maxAttempts: 1 },
  group: true,
});

/** Kills its process when it is told to. */
export const deadly = defineJob({
  name: 'deadly',
  input: z.object({ kills: z.boolean() }),
  heartbeat: '1s',
  retry: { maxAttempts: 1 },
});

export const undoable = defineJob({ name: 'undoable', input: z.object({}), cleanUp: '1m', retry: { maxAttempts: 1 } });
