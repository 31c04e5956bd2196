/**
 * Owns where a worker's requests may go: to public addresses, and to the internal hosts that its settings name. A URL comes from
 * whoever adds the job, so it must not be a way into the network that the worker stands in.
 *
 * 1. The address of a host is looked up once, here, and the connection goes to what was checked: a name that is something else
 *    when it is asked for again (rebinding) gains nothing.
 * 2. A socket does not look up a literal address, so literals are checked before it is made. Other spellings of one (decimal, octal,
 *    hexadecimal, short) are made the usual one by the URL parser.
 * 3. One address that may not be called refuses the host: which of several a socket takes is not for us to say.
 */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { buildConnector } from 'undici';
import { JobError } from '../../contract/errors.ts';
import { isPublicAddress } from '../public-address.ts';
import type { AllowedHosts } from './allowed-hosts.ts';

/** The addresses of a host, as `dns.lookup` gives them. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface Guard {
  readonly isAllowed: AllowedHosts;
  readonly resolve: Resolve;
  readonly connectTimeoutMs: number;
}

type Connector = buildConnector.connector;
type Attempt = buildConnector.Options;

/** A connector for undici's clients that refuses with `receiver-refused`. `build`: undici's own, which is loaded late. */
export function guardedConnect(build: typeof buildConnector, guard: Guard): Connector {
  return (attempt, callback) => {
    const host = attempt.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const check = (address: string): void => checkAddress(address, { ...attempt, hostname: host }, guard);
    try {
      if (isIP(host) !== 0) check(host);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    const lookup = checkedLookup(guard.resolve, check);
    const connect = build({ lookup, autoSelectFamily: true, timeout: guard.connectTimeoutMs, maxCachedSessions: 0 });
    connect(attempt, callback);
  };
}

function checkAddress(address: string, { hostname: host, port, protocol }: Attempt, { isAllowed }: Guard): void {
  const target = { host, address, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  if (isAllowed(target)) return;
  // What the address is stays unsaid: it would tell whoever chose the name about the network.
  if (!isPublicAddress(address)) throw refused(host, 'has an address that is not public');
  if (protocol !== 'https:') throw refused(host, 'would be called without TLS');
}

function refused(host: string, why: string): JobError {
  return new JobError(
    'receiver-refused',
    `The host ${host} ${why}. Give an https URL of a public host; hosts of your own network are named in the worker's settings as allowedHosts.`,
    { details: { host } },
  );
}

/** As `dns.lookup` with `all`, which a socket asks for that chooses among several addresses by itself. */
function checkedLookup(resolve: Resolve, check: (address: string) => void): LookupFunction {
  return callbackify(async (hostname: string, _options: unknown): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname);
    for (const { address } of addresses) check(address);
    if (addresses.length === 0) throw new Error(`The host ${hostname} has no address.`);
    return [...addresses];
  });
}
