/** Owns the connection of clients to Temporal: where to, with what limits. Which server it is, is decided in `find-server.ts`. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import pLimit from 'p-limit';
import { JobError } from '../contract/errors.ts';
import { CarriedValues } from '../payloads/carried-values.ts';
import { FolderStore } from '../payloads/folder-store.ts';
import { translateError } from './errors.ts';
import { Turns } from './turns.ts';

/** Where a Temporal server is and how to talk to it. */
export interface TemporalServer {
  /** `host:port`. */
  readonly address: string;
  /** @default 'default' */
  readonly namespace: string;
  /** Address of the Temporal Web UI, where it is known. */
  readonly uiUrl?: string;
  /** Absolute path of the folder of values that are too large for it. Absent: such values are refused. */
  readonly payloads?: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly metadata?: Record<string, string>;
}

/** Gives up a call after this time. */
export const CALL_DEADLINE_MS = 15_000;
/** Whoever asks how a job is doing hears within 5 s that Temporal does not answer. */
export const READ_DEADLINE_MS = 3000;
/** The server's own word goes first: an answer, or why there is none. */
const LATE_ANSWER_MS = 250;
const CONNECT_TIMEOUT_MS = 5000;
/** Jobs that one client adds at the same time. The embedded server stores some 50–100 a second: a call's deadline counts from its own turn. */
const ADDS_AT_ONCE = 100;
/** Jobs that wait for their turn in one client. */
const MAX_WAITING_ADDS = 10_000;
const CHANNEL_ARGS = {
  // The SDK names this option without its prefix, so its own limit has no effect and pages over 4 MB fail.
  'grpc.max_receive_message_length': 128 * 1024 * 1024,
  // By default a server that was away for long is tried again only every two minutes.
  'grpc.max_reconnect_backoff_ms': 2000,
};

/** What the readers and the client work with. */
export interface Temporal {
  readonly client: Client;
  readonly namespace: string;
  readonly server: TemporalServer;
  /** How inputs and outputs travel. */
  readonly values: CarriedValues;
  /** Runs one call with a deadline; its errors become `JobError`s. `what` is what the message calls it. */
  call<T>(what: string, body: () => Promise<T>): Promise<T>;
  /** The same for a call that makes a job: 100 at a time, 10 000 wait for their turn. @throws JobError `overloaded` beyond that */
  add<T>(what: string, body: () => Promise<T>): Promise<T>;
  /** The same for a question that is asked again when it fails: it gives up sooner. */
  read<T>(what: string, body: () => Promise<T>): Promise<T>;
  /** The same for a call that waits: without a deadline, until `signal` fires. More than 500 take turns, and are made again at each. */
  wait<T>(what: string, body: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Ends all calls under way, then the connection. */
  close(): Promise<void>;
}

/**
 * Connects and checks that the server answers.
 * @throws JobError `unavailable`, naming the address and what to do
 */
export async function connectTemporal(server: TemporalServer): Promise<Temporal> {
  const connection = await connect(server);
  return temporalOver(new Client({ connection, namespace: server.namespace }), server, () => connection.close());
}

/** The same over a connection that somebody else owns, such as a worker's: without `close` nothing is closed. */
export function temporalOver(client: Client, server: TemporalServer, close?: () => Promise<void>): Temporal {
  const calls = new Set<Call>();
  let isClosed = false;
  const run = async <T>(what: string, body: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (isClosed) throw closedError(what);
    // Of its own for each call: the SDK listens to it and never stops.
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    signal?.addEventListener('abort', stop, { once: true });
    const call: Call = { stop, ended: client.connection.withAbortSignal(abort.signal, body) };
    calls.add(call);
    try {
      return (await call.ended) as T;
    } catch (error) {
      throw isClosed ? closedError(what) : translateError(error, what, server.address);
    } finally {
      calls.delete(call);
      signal?.removeEventListener('abort', stop);
    }
  };
  const call: Temporal['call'] = (what, body) => run(what, () => client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, body));
  const adds = pLimit(ADDS_AT_ONCE);
  const waits = new Turns();
  let namespaceId: Promise<string> | undefined;
  const owner = (): Promise<string> =>
    (namespaceId ??= call('read the namespace', () => readNamespaceId(client, server.namespace)).catch((error: unknown) => {
      namespaceId = undefined;
      throw error;
    }));
  return {
    client,
    namespace: server.namespace,
    server,
    values: new CarriedValues(server.payloads === undefined ? undefined : new FolderStore(server.payloads, owner)),
    call,
    async add(what, body) {
      if (adds.pendingCount >= MAX_WAITING_ADDS) throw overloadedError(what);
      return await adds(() => call(what, body));
    },
    read: (what, body) =>
      // The SDK rests between its tries, and does not mind the deadline then: on a server that is away, for seconds more.
      answeredWithin(
        READ_DEADLINE_MS + LATE_ANSWER_MS,
        run(what, () => client.connection.withDeadline(Date.now() + READ_DEADLINE_MS, body)),
        { what, address: server.address },
      ),
    wait: (what, body, signal) => waits.take((turn) => run(what, body, turn), signal),
    async close() {
      if (close === undefined) return;
      isClosed = true;
      for (const { stop } of calls) stop();
      // The SDK tries a call again later. On a closed connection that would be an error which nobody can catch.
      await Promise.allSettled([...calls].map(({ ended }) => ended));
      await close();
    },
  };
}

async function readNamespaceId(client: Client, namespace: string): Promise<string> {
  const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
  if (namespaceInfo?.id) return namespaceInfo.id;
  throw new JobError('internal', `Temporal described the namespace "${namespace}" without an id.`);
}

interface Call {
  readonly stop: () => void;
  readonly ended: Promise<unknown>;
}

function overloadedError(what: string): JobError {
  return new JobError(
    'overloaded',
    `Could not ${what}: ${MAX_WAITING_ADDS} jobs of this client wait to be added already. Await some of the adds before you start more.`,
    { details: { limit: MAX_WAITING_ADDS } },
  );
}

/** What `work` gives. @throws JobError `unavailable` when that takes longer */
export async function answeredWithin<T>(milliseconds: number, work: Promise<T>, { what, address }: Asked): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    const message = `Could not ${what}: no answer within ${Math.floor(milliseconds / 1000)} s. Temporal at ${address} does not answer; is it running?`;
    timer = setTimeout(() => reject(new JobError('unavailable', message, { details: { address } })), milliseconds);
  });
  return await Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

interface Asked {
  readonly what: string;
  readonly address: string;
}

function closedError(what: string): JobError {
  return new JobError('internal', `Could not ${what}: this client has been closed.`);
}

async function connect({ address, tls, apiKey, metadata }: TemporalServer): Promise<Connection> {
  try {
    return await Connection.connect({
      address,
      connectTimeout: CONNECT_TIMEOUT_MS,
      channelArgs: CHANNEL_ARGS,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  } catch (error) {
    throw new JobError(
      'unavailable',
      `Temporal at ${address} does not answer. Is it running, and is the address right? For a server of your own on this machine run "holdfast dev"; to use another set TEMPORAL_ADDRESS.`,
      { details: { address }, cause: error },
    );
  }
}
