/** Owns which jobs stood beside the one that was opened, and in which list: for the step to the next, and the way back. */

let ids: readonly string[] = [];
let search = '';

export function rememberList(shown: readonly string[], query: string): void {
  ids = shown;
  search = query;
}

/** The job before (−1) or after (1) in the list it was opened from. */
export function neighbourOf(id: string, step: -1 | 1): string | undefined {
  const at = ids.indexOf(id);
  return at === -1 ? undefined : ids[at + step];
}

/** The list that a job was opened from. */
export function listPath(): string {
  return `/jobs${search}`;
}
