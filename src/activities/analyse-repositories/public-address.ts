/** Owns which hosts a repository may be fetched from: those that have public addresses only. */
import { lookup } from 'node:dns/promises';
import { JobError, messageOf } from '../../contract/errors.ts';
import { isPublicAddress } from '../public-address.ts';

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
