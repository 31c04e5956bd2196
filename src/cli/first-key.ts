/** Owns what a person is given at the first start of a server: a key, and a link by which their browser is let in. */
import type { Access } from '../server/access/access.ts';

/** Lines that name the key of a first start; none when there are keys already. */
export async function firstKeyLines({ keys, sessions }: Access, url: string): Promise<readonly string[]> {
  if ((await keys.list()).length > 0) return [];
  const { key, record } = await keys.create({ name: 'first start', role: 'admin' });
  const token = await sessions.invite(record.id);
  return [
    `Admin key   ${key}`,
    '            shown this once: keep it, or make another with "holdfast keys add"',
    `Log in      ${loginLink(url, token)} (once, within 10 minutes)`,
  ];
}

/** A line with a link for the holder of the newest admin key; none when there is no such key. */
export async function loginLines({ keys, sessions }: Access, url: string): Promise<readonly string[]> {
  const key = (await keys.list()).findLast(
    ({ role, tenant, revokedAt }) => role === 'admin' && tenant === undefined && revokedAt === undefined,
  );
  return key === undefined ? [] : [`Log in      ${loginLink(url, await sessions.invite(key.id))} (once, within 10 minutes)`];
}

/** The address that lets a browser in. */
export function loginLink(url: string, token: string): string {
  // Behind the #: it reaches no server's log, and no program that only looks at links uses it up.
  return `${url.replace(/\/+$/, '')}/login#${token}`;
}
