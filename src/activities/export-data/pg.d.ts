/** What is used of the package `pg`: it connects, with TLS and every way of authentication. The rest is in `postgres-wire.ts`. */
declare module 'pg' {
  import type { Socket } from 'node:net';

  export interface ClientConfig {
    readonly connectionString?: string;
    readonly ssl?: boolean | object;
    readonly application_name?: string;
    readonly connectionTimeoutMillis?: number;
    readonly keepAlive?: boolean;
  }

  export class Client {
    /** The protocol's connection. `stream` is a TLS socket where the server asks for TLS. */
    readonly connection: { readonly stream: Socket };
    constructor(config: ClientConfig);
    connect(): Promise<unknown>;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}
