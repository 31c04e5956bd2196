/**
 * Owns what a request has to look like before anybody asks who sent it: for a host that this server goes by (against DNS rebinding),
 * and, where a cookie lets it in, from a page of the server's own (against cross-site requests). Pure.
 */
import { JobError } from '../../contract/errors.ts';
import { isLoopback } from '../../embedded/ports.ts';

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Without the port, and without the brackets of IPv6. Empty for what is no host. */
export function hostName(header: string | null): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header ?? '') ?? [];
  return (bracketed ?? plain ?? '').toLowerCase();
}

/**
 * @param hosts names that the server goes by, besides those of the loopback interface. Undefined: whoever serves the requests knows.
 * @throws JobError `forbidden` for another host
 */
export function checkHost(header: string | null, hosts: readonly string[] | undefined): void {
  if (hosts === undefined) return;
  const name = hostName(header);
  if (LOOPBACK_NAMES.includes(name) || hosts.includes(name)) return;
  throw new JobError(
    'forbidden',
    `The request is for the host "${name.slice(0, 100)}", which this server does not go by. Name it with --allow-host.`,
  );
}

/** @throws JobError `forbidden` for an act that a page from elsewhere asks for with this browser's cookie */
export function checkOrigin(headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  if (origin === null && (site === null || site === 'same-origin' || site === 'none')) return;
  if (origin !== null && URL.canParse(origin) && new URL(origin).host === headers.get('host')) return;
  throw new JobError(
    'forbidden',
    'The request comes from a page of another site. With a session only pages of this server may act; programs send a key.',
  );
}

/** @throws JobError `invalid-config` for an address that others reach, without access control */
export function checkBind(host: string, isOpen: boolean): void {
  if (!isOpen || isLoopback(`${host.includes(':') ? `[${host}]` : host}:1`)) return;
  throw new JobError(
    'invalid-config',
    `Without access control the API listens on this machine only, not on ${host}: whoever reaches it could do everything. Leave out --open, or --host.`,
    { details: { host } },
  );
}

/** Headers of every answer: nothing of it may be framed or is guessed at, and what is a page says by itself what it may load. */
export function secured(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('cross-origin-resource-policy', 'same-origin');
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  return new Response(response.body, { status: response.status, headers });
}
