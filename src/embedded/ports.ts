/** Owns which ports the server gets. Does not hold them: between the look and the server's start another process may be faster. */
import { connect, createServer } from 'node:net';
import { JobError } from '../contract/errors.ts';

export interface Ports {
  /** gRPC. */
  readonly port: number;
  /** Web UI. */
  readonly uiPort: number;
}

/** What the user wants; undefined leaves it to us. */
export interface WantedPorts {
  readonly port: number | undefined;
  readonly uiPort: number | undefined;
}

export const LOOPBACK = '127.0.0.1';

/** True for `host:port` of a server that only this machine can reach. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

const USUAL_PORTS: Ports = { port: 7233, uiPort: 8233 };
/**
 * Free ports are looked for upwards from the usual one, not asked of the system: its choice lies in the range of outgoing
 * connections, where one of those may hold the port when the server comes back to it.
 */
const PORTS_TRIED = 200;

/**
 * Free ports: those asked for, else those the folder used last (clients may hold the address), else 7233 and 8233, else the next free ones above.
 * @throws JobError `port-taken` when a port that was asked for is taken
 */
export async function choosePorts(wanted: WantedPorts, last: Ports | undefined): Promise<Ports> {
  const port =
    wanted.port === undefined
      ? await firstFree([last?.port, ...upwards(USUAL_PORTS.port)], wanted.uiPort)
      : await demand(wanted.port, 'port');
  const uiPort =
    wanted.uiPort === undefined
      ? await firstFree([last?.uiPort, ...upwards(USUAL_PORTS.uiPort)], port)
      : await demand(wanted.uiPort, 'uiPort');
  return { port, uiPort };
}

/** True when nothing listens on the port of the loopback interface and a server could. */
export async function isPortFree(port: number): Promise<boolean> {
  // Some systems let a server bind 127.0.0.1 beside another that listens on all interfaces: ask for an answer first.
  return !(await answers(port)) && (await canListen(port));
}

/** True when something accepts connections on the port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const settle = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(1000, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** The error for a port that was asked for and is taken. */
export function portTaken(port: number, option: 'port' | 'uiPort'): JobError {
  const what = option === 'port' ? 'Port' : 'Web UI port';
  return new JobError(
    'port-taken',
    `${what} ${port} is taken by another program. Choose another one, leave the option out to get a free one, or end that program.`,
    { details: { port, option } },
  );
}

async function demand(port: number, option: 'port' | 'uiPort'): Promise<number> {
  if (await isPortFree(port)) return port;
  throw portTaken(port, option);
}

async function firstFree(candidates: readonly (number | undefined)[], except: number | undefined): Promise<number> {
  for (const port of candidates) {
    if (port !== undefined && port !== except && (await isPortFree(port))) return port;
  }
  throw new JobError('port-taken', `${PORTS_TRIED} ports were tried and all are taken. Name a free one with the options port and uiPort.`);
}

function upwards(from: number): number[] {
  return Array.from({ length: PORTS_TRIED }, (_, index) => from + index);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK }, () => server.close(() => resolve(true)));
  });
}
