import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract } from '../../../src/contract/define-job.ts';

export declare const steps: JobContract<
  'steps',
  StandardSchemaV1<{ count: number; stepMs: number }>,
  StandardSchemaV1<{ count: number; from: number }>
>;

export declare const shared: JobContract<
  'shared',
  StandardSchemaV1<{ n: number; ms: number; kills?: boolean }>,
  StandardSchemaV1<{ square: number }>
>;

export declare const undoable: JobContract<'undoable', StandardSchemaV1<object>>;
export declare const deadly: JobContract<'deadly', StandardSchemaV1<{ kills: boolean }>>;
