/** Owns the roles of the API and their order. */

/** Each may do what those before it may: look, act on jobs, give access. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** True when a role is at least the one that is needed. */
export function isAllowed(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
