/** A way to the server that a test can cut and mend. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CutOff {
  /** Leads to the server while it is not cut. */
  readonly address: string;
  /** Ends all connections and takes no more. Gives how many there were. */
  cut(): number;
  mend(): void;
}

/** A forwarder to `target` (`host:port`) that ends with the test. */
export async function cutOff(target: string): Promise<CutOff> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const nears = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    nears.add(near);
    near.on('close', () => nears.delete(near));
    if (isCut) near.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      const { size } = nears;
      for (const socket of sockets) socket.destroy();
      return size;
    },
    mend() {
      isCut = false;
    },
  };
}
