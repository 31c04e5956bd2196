/**
 * Owns how a job says whose it is: its id begins with the tenant's name and `@`. So whose a job is can be told without asking
 * anybody, the index finds a tenant's jobs, and keys of different tenants never meet. Pure.
 */
import { invalidOption } from './options.ts';

/** 1–40 lower-case letters, digits and `-`, first no `-`. */
export const TENANT_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;
const TENANT_ID = /^([a-z0-9][a-z0-9-]{0,39})@/;

/** The name, or `invalid-options`. */
export function checkTenant(tenant: unknown): string {
  if (typeof tenant === 'string' && TENANT_PATTERN.test(tenant)) return tenant;
  throw invalidOption('tenant', '1–40 lower-case letters, digits and "-", first no "-"', tenant);
}

/** What the ids of a tenant's jobs begin with. */
export function tenantPrefix(tenant: string): string {
  return `${tenant}@`;
}

/** Whose job an id names; undefined for one that belongs to no tenant. */
export function tenantOf(id: string): string | undefined {
  return TENANT_ID.exec(id)?.[1];
}
