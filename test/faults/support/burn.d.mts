import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract } from '../../../src/contract/define-job.ts';

export declare const burn: JobContract<
  'burn',
  StandardSchemaV1<{ blockMs: number; slices?: number; restMs?: number }, { blockMs: number; slices: number; restMs: number }>,
  StandardSchemaV1<{ slices: number }>
>;
