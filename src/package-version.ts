/** Owns the version of this package, as its `package.json` has it. */
import { readFileSync } from 'node:fs';

/** The version, such as `0.1.0`. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
