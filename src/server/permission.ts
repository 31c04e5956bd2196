/** Owns who may call what: a caller beside a route. Pure; a test makes the whole table from the contract. */
import { isAllowed } from '../api/roles.ts';
import type { Route } from '../api/route.ts';
import { JobError, unknownJob } from '../contract/errors.ts';
import { tenantOf } from '../contract/tenant.ts';
import type { Principal } from './access/principal.ts';

/**
 * Undefined when the caller may.
 * @param id of the job in the path, if the route has one
 */
export function refusal(
  route: Pick<Route, 'role' | 'isForTenants'>,
  principal: Principal | undefined,
  id: string | undefined,
): JobError | undefined {
  if (route.role === 'anyone') return undefined;
  if (principal === undefined)
    return new JobError('not-authenticated', 'This needs a key: send "Authorization: Bearer <key>". Make one with "holdfast keys add".');
  const { name, role, tenant } = principal;
  if (!isAllowed(role, route.role))
    return new JobError('forbidden', `This needs the role ${route.role}; "${name}" has the role ${role}.`, {
      details: { role, needed: route.role },
    });
  if (tenant === undefined) return undefined;
  if (!route.isForTenants)
    return new JobError('forbidden', `This tells of the jobs of everybody; "${name}" is a key of the tenant ${tenant}.`, {
      details: { tenant },
    });
  // As if it were not there: that it is there is nobody else's business.
  return id !== undefined && !isOwn(id, principal) ? unknownJob(id) : undefined;
}

/** False for a job that the caller's tenant may not know of. */
export function isOwn(id: string, principal: Pick<Principal, 'tenant'> | undefined): boolean {
  return principal?.tenant === undefined || tenantOf(id) === principal.tenant;
}
