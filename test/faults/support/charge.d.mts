import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract } from '../../../src/contract/define-job.ts';

export declare const charge: JobContract<'charge', StandardSchemaV1<{ receiver: string }>, StandardSchemaV1<{ effect: number }>>;
