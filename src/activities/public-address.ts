/**
 * Owns which network addresses are public: what a worker may call on behalf of a job, so that nobody reaches through it into the
 * network that it stands in. Ranges: the IANA special-purpose registries (RFC 6890, RFC 8190).
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

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

/** True when anyone on the internet can have this address. False for what is none, such as an address with a zone. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (isIPv6(address)) return globalV6.check(address, 'ipv6') && !special.check(address, 'ipv6');
  return !special.check(address, 'ipv4');
}
