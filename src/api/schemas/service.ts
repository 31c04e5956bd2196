/** Owns the schemas of what the API tells of itself: job types, access, health, downloads. */
import { z } from 'zod';
import { ROLES } from '../roles.ts';
import { count, duration, optional, tenantName, time, typeName } from './basics.ts';

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12');

export const jobType = z.object({
  type: typeName,
  queue: optional(z.string()),
  canAdd: z.boolean().describe('False for a type that the server has seen jobs of and has no contract for'),
  hasSteps: z.boolean(),
  input: optional(jsonSchema),
  output: optional(jsonSchema),
});

export const jobTypeList = z.object({ types: z.array(jobType).readonly() });

export const role = z.enum(ROLES);

const keyFields = {
  id: z.string(),
  name: z.string(),
  role,
  tenant: optional(tenantName),
  createdAt: time,
  expiresAt: optional(time),
  revokedAt: optional(time),
};

export const keyRecord = z.object(keyFields);
export const keyList = z.object({ keys: z.array(keyRecord).readonly() });
export const newKey = z.strictObject({
  name: z.string().min(1).max(100),
  role,
  tenant: optional(tenantName),
  expiresIn: optional(duration),
});
export const createdKey = z.object({ key: z.string().describe('Shown this once'), record: keyRecord });

export const whoAmI = z.object({
  name: z.string(),
  role,
  tenant: optional(tenantName),
  via: z.enum(['key', 'session', 'hook', 'open']),
});

export const login = z.union([
  z.strictObject({ token: z.string().min(1).max(200).describe('Of the login link') }),
  z.strictObject({ key: z.string().min(1).max(200).describe('As "holdfast keys add" shows it') }),
]);

export const loginLink = z.strictObject({ token: z.string().min(1).max(200) });

export const auditEntry = z.object({
  at: time,
  actor: z.string(),
  via: z.string(),
  act: z.string(),
  jobs: optional(z.array(z.string()).readonly()),
  count: optional(count),
  from: z.string(),
  requestId: z.string(),
  outcome: z.string(),
  reason: optional(z.string()),
});
export const auditPage = z.object({ entries: z.array(auditEntry).readonly() });

export const health = z.object({ status: z.literal('ok'), version: z.string() });

export const serverFacts = z.object({
  holdfastVersion: z.string(),
  address: z.string().describe('Of Temporal'),
  namespace: z.string(),
  temporalVersion: optional(z.string()),
  uiUrl: optional(z.string()).describe('Of the Temporal Web UI'),
  retentionMs: optional(z.number()).describe('How long finished jobs are kept'),
  clockAheadMs: optional(z.number()).describe('How far the clock of Temporal is ahead of the server'),
  storesLargeValues: z.boolean(),
  largestValueBytes: count,
});

export const readiness = z.object({ status: z.literal('ready') });

export const download = z.object({ url: z.string(), expiresAt: time, fileName: z.string(), bytes: count });

export const newDownload = z.strictObject({ expiresIn: optional(duration) });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Of the catalogue of errors'),
    requestId: z.string(),
    details: optional(z.record(z.string(), z.unknown())),
  })
  .describe('Problem Details for HTTP APIs, RFC 9457');

export const done = z.object({ done: z.literal(true) });
