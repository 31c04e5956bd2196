/** Owns how this folder sees the environment: handed in by the entry point, never read from the process. */

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment without Temporal's own variables: they configure clients, and one that is wrong stops the server's program. */
export function withoutTemporalVariables(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
