/**
 * Owns the question whether a process that some file names is still the same living process.
 * A pid alone does not say it: pids come back. Where `/proc` exists, the start time of the process is compared too.
 */
import { readFileSync } from 'node:fs';

/** What a file keeps about a process to find it again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process; empty where there is no `/proc`. */
  readonly startToken: string;
}

/** The identity of the running process `pid`; its token is empty when the process is gone or there is no `/proc`. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startToken: readStat(pid)?.startToken ?? '' };
}

/** True while the process that `identity` was taken from runs. A zombie counts as gone: it holds neither files nor ports. */
export function isAlive({ pid, startToken }: ProcessIdentity): boolean {
  if (!hasPid(pid)) return false;
  const stat = readStat(pid);
  if (stat === undefined) return true;
  if (stat.isZombie) return false;
  return startToken === '' || stat.startToken === startToken;
}

function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)). The command in field 2 may hold spaces and brackets: count from its last bracket. */
function readStat(pid: number): { isZombie: boolean; startToken: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, startToken] = [fields[0], fields[19]];
    return startToken === undefined ? undefined : { isZombie: state === 'Z' || state === 'X', startToken };
  } catch {
    return undefined;
  }
}
