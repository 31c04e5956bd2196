/** Owns the schemas of plain values that several parts of the API use: ids, names, times, lengths of time. */
import { z } from 'zod';
import { TENANT_PATTERN } from '../../contract/tenant.ts';
import { PRIORITIES } from '../../contract/priority.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../contract/snapshot.ts';

/** A field that may be left out, and is not `undefined` when it is there. */
export const optional = z.exactOptional;

const MAX_ID_LENGTH = 1000;
const MAX_NAME_LENGTH = 200;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const PRINTABLE = /^[^\u0000-\u001f\u007f]+$/;

export const jobId = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .regex(PRINTABLE, 'Expected a text without control characters')
  .describe('Id of a job: 1–1000 characters, without control characters');
export const typeName = z.string().min(1).max(MAX_NAME_LENGTH).describe('Name of a job type');
export const queueName = z.string().min(1).max(MAX_NAME_LENGTH).describe('Name of a queue');
export const tenantName = z.string().regex(TENANT_PATTERN).describe('Name of a tenant');
export const time = z.string().describe('ISO 8601 with its zone');
export const duration = z
  .union([z.string().min(1).max(100), z.number().min(0)])
  .describe('Length of time: a text such as "30s", "1.5h" or "7 days", or milliseconds');
export const jobStatus = z
  .enum([...OPEN_STATUSES, ...TERMINAL_STATUSES])
  .describe('delayed, queued, processing, retrying and cancelling are open; the others are final');
export const terminalStatus = z.enum(TERMINAL_STATUSES);
export const priority = z
  .union([z.enum(PRIORITIES), z.int().min(-1000).max(1000)])
  .describe('A name, or a whole number: ≥ 10 highest, 1 to 9 high, 0 normal, −1 to −9 low, ≤ −10 lowest');
export const priorityName = z.enum(PRIORITIES);
export const tag = z.string().min(1).max(100);
export const jobKey = z.string().min(1).max(64);
export const errorText = z
  .string()
  .min(1)
  .max(400)
  .describe(
    'Failed with it: a code, or a part of the message in which `<number>`, `<id>` and the like may stand for what differs from job to job',
  );
/** JSON of the user's own. */
export const anyJson = z.unknown().describe('Any JSON, at most 64 levels deep');
export const count = z.int().min(0);
