/**
 * Owns the connection over which a watchdog thread sends heartbeats. Made at the first of them: a worker that is never blocked
 * has none.
 */
import { fieldOf } from '../contract/errors.ts';
import type { TemporalServer } from '../temporal/connection.ts';
import { decodeAnswer, encodeHeartbeat, HEARTBEAT_METHOD, type HeartbeatAnswer, type HeartbeatRequest } from './heartbeat-request.ts';

const CALL_DEADLINE_MS = 5000;
const DEFAULT_PORT = 7233;
const NOT_FOUND = 5;

export class HeartbeatConnection {
  readonly #server: TemporalServer;
  #opened: Promise<(request: Buffer) => Promise<Buffer>> | undefined;

  constructor(server: TemporalServer) {
    this.#server = server;
  }

  /** Loads what the connection needs, without connecting. */
  async prepare(): Promise<void> {
    this.#opened ??= open(this.#server);
    await this.#opened;
  }

  /** Sends one heartbeat. Undefined: the server does not know the attempt any more. Rejects when the server cannot be reached. */
  async send(heartbeat: HeartbeatRequest): Promise<HeartbeatAnswer | undefined> {
    this.#opened ??= open(this.#server);
    const call = await this.#opened;
    try {
      return decodeAnswer(await call(encodeHeartbeat(heartbeat)));
    } catch (error) {
      if (fieldOf(error, 'code') === NOT_FOUND) return undefined;
      throw error;
    }
  }
}

async function open({ address, tls, apiKey, metadata, namespace }: TemporalServer): Promise<(request: Buffer) => Promise<Buffer>> {
  const { Client, credentials, Metadata } = await import('@grpc/grpc-js');
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = typeof tls === 'object' && tls !== null ? tls : {};
  // As in the SDK: an API key implies TLS unless that is switched off.
  const isSecure = tls === undefined || tls === null ? apiKey !== undefined : tls !== false;
  const channel = isSecure
    ? credentials.createSsl(bufferOf(serverRootCACertificate), bufferOf(clientCertPair?.key), bufferOf(clientCertPair?.crt))
    : credentials.createInsecure();
  const named =
    serverNameOverride === undefined || serverNameOverride === null
      ? {}
      : { 'grpc.ssl_target_name_override': serverNameOverride, 'grpc.default_authority': serverNameOverride };
  const client = new Client(withPort(address), channel, named);
  const headers = new Metadata();
  for (const [name, value] of Object.entries(metadata ?? {})) headers.set(name, value);
  headers.set('temporal-namespace', namespace);
  if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
  return (request) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        HEARTBEAT_METHOD,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        request,
        headers,
        { deadline: Date.now() + CALL_DEADLINE_MS },
        (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
      );
    });
}

function bufferOf(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes === undefined || bytes === null ? null : Buffer.from(bytes);
}

/** IPv6 addresses stand in brackets, with or without a port. */
function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:${DEFAULT_PORT}`;
}
