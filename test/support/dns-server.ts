/** Owns a real name server on loopback that answers what a test says, and a resolver that asks it. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Resolve } from '../../src/activities/send-notification/guarded-connect.ts';

export interface NameServer {
  readonly resolve: Resolve;
  /** Names that were asked for, in order. */
  readonly asked: readonly string[];
}

/** The addresses of a name when it is asked for the `times`-th time, from 1. IPv4 ones: the resolver asks for these. */
export type Addresses = (name: string, times: number) => readonly string[];

const A = 1;
const HEADER_BYTES = 12;

/** A name server that ends with the test. Nothing that it says may be kept: each answer has a time to live of 0. */
export async function nameServer(addresses: Addresses): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4', (query, { port, address }) => {
    const name = nameIn(query);
    const times = asked.filter((other) => other === name).length + 1;
    asked.push(name);
    socket.send(answerTo(query, addresses(name, times)), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    resolve: async (host) => (await resolver.resolve4(host)).map((address) => ({ address, family: isIP(address) })),
  };
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER_BYTES; query[at] !== 0; at += (query[at] ?? 0) + 1)
    labels.push(query.toString('ascii', at + 1, at + 1 + (query[at] ?? 0)));
  return labels.join('.');
}

/** RFC 1035, 4.1: the header, the question as it came, and a record for each address. */
function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const question = query.subarray(HEADER_BYTES, query.indexOf(0, HEADER_BYTES) + 5);
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    // The name: where the question has it.
    record.writeUInt16BE(0xc000 + HEADER_BYTES, 0);
    record.writeUInt16BE(A, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(4, 10);
    record.set(address.split('.').map(Number), 12);
    return record;
  });
  return Buffer.concat([header, question, ...records]);
}
