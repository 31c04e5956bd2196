import { z } from 'zod';
import { defineJob } from '../../../../src/contract/index.ts';

/** A job type whose body changes from file to file beside this one. */
export const versioned = defineJob({ name: 'versioned', input: z.object({}), steps: true });
export const stepOfVersion = defineJob({ name: 'step-of-version', input: z.object({ what: z.string() }), output: z.string() });
