/**
 * Owns which network addresses a worker may fetch from on behalf of a job: public ones, so that a source cannot reach
 * into the network that the worker stands in. Ranges: the IANA special-purpose registries (RFC 6890, RFC 8190).
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { JobError, messageOf } from '../../contract/errors.ts';

const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Within 2000::/3; everything outside of that is special. Teredo and 6to4 carry a v4 address that would pass unseen. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = blockList(SPECIAL_V4, 'ipv4', blockList(SPECIAL_V6, 'ipv6'));
const globalV6 = blockList(['2000::/3'], 'ipv6');

function blockList(subnets: readonly string[], family: 'ipv4' | 'ipv6', list = new BlockList()): BlockList {
  for (const subnet of subnets) {
    const [network = '', bits = ''] = subnet.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}

/** True when anyone on the internet can have this address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address)) return globalV6.check(address, 'ipv6') && !special.check(address, 'ipv6');
  return !special.check(address, 'ipv4');
}

/**
 * The addresses of a host, all of them public.
 * @throws JobError `source-refused` when one is not, `source-unavailable` when the name cannot be resolved
 */
export async function publicAddresses(host: string): Promise<readonly string[]> {
  const addresses = await resolve(host);
  const refused = addresses.find((address) => !isPublicAddress(address));
  if (refused === undefined) return addresses;
  throw new JobError('source-refused', `Expected the host of source to have a public address; ${host} is at ${refused}.`, {
    details: { host, address: refused },
  });
}

async function resolve(host: string): Promise<readonly string[]> {
  // A URL writes an IPv6 address in brackets.
  const name = host.replace(/^\[|\]$/g, '');
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new JobError('source-unavailable', `The host ${host} could not be resolved: ${messageOf(error)}`, { cause: error });
  }
}
