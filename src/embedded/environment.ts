/** Owns what of the environment the server's program gets. */
import type { Environment } from '../config.ts';

/** The environment without Temporal's own variables: they configure clients, and one that is wrong stops the server's program. */
export function withoutTemporalVariables(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
