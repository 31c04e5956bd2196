/**
 * Owns which internal hosts a worker may call all the same: those that its settings name. Everything else is called only at
 * public addresses.
 */
import { BlockList, isIP } from 'node:net';
import { JobError } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';

/** Where a connection would go. */
export interface Target {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly address: string;
}

type Entry = (target: Target) => boolean;

/** True for a target that the settings name. */
export type AllowedHosts = (target: Target) => boolean;

/**
 * The check that the entries make: names, addresses and `address/bits`, the first two with `:port` if only that port is meant.
 * @throws JobError `invalid-config`
 * @example allowedHosts(['hooks.corp.example', '10.1.0.0/16', '127.0.0.1:8080', '[::1]:8080'])
 */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
  const checks = entries.map(entryOf);
  return (target) => checks.some((isAllowed) => isAllowed(target));
}

function entryOf(text: string): Entry {
  const entry = subnetOf(text) ?? hostOf(text);
  if (entry !== undefined) return entry;
  throw new JobError(
    'invalid-config',
    `Expected an allowed host to be a name, an address or address/bits, such as "hooks.corp.example", "127.0.0.1:8080" or "10.1.0.0/16", got: ${show(text)}.`,
  );
}

function subnetOf(text: string): Entry | undefined {
  const [network = '', bits] = text.split('/');
  const family = isIP(network);
  if (bits === undefined || family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return ({ address }) => isIP(address) === family && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function hostOf(text: string): Entry | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  // An IPv6 address without brackets has no port.
  const host = (isIP(text) === 6 ? text : (bracketed ?? plain))?.toLowerCase();
  if (host === undefined) return undefined;
  return (target) => (target.host === host || target.address === host) && (port === undefined || target.port === Number(port));
}
