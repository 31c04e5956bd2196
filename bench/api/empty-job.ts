/** Owns the job that is added: the one of the part `jobs`, with the queue of one run. */
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';

export function emptyJob(queue: string) {
  return defineJob({ name: 'noop', input: z.object({ addedAt: z.number() }), output: z.object({ ok: z.boolean() }), queue });
}

export type EmptyJob = ReturnType<typeof emptyJob>;
