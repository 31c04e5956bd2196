/**
 * Owns the time-skipping server of one environment: its process, which never outlives this one, and the connection that
 * can read and move its clock. When the clock moves is decided in `clock.ts`.
 */
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
// Calls of this server only, which the SDK keeps for its own test environment. That one leaves the server behind when its process dies.
import { InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import { processEnvironment } from '../config.ts';
import { JobError } from '../contract/errors.ts';
import { findServerBinary } from '../embedded/binary.ts';
import { answers, LOOPBACK } from '../embedded/ports.ts';
import { reportTo } from '../embedded/progress-bar.ts';
import { type ServerProcess, spawnServer } from '../embedded/server-process.ts';
import { instantMs } from '../temporal/protocol.ts';

export interface TestServer {
  readonly address: string;
  readonly connection: Connection;
  /** Ms since 1970, by its clock. */
  now(): Promise<number>;
  /** Moves its clock on. One call at a time. */
  move(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

const ANSWERS_WITHIN_MS = 30_000;
const POLL_MS = 20;
const STARTS_TRIED = 3;

/** A server that answers. @throws JobError `binary-missing`, `server-failed` */
export async function startTestServer(): Promise<TestServer> {
  const binary = await findServerBinary('time-skipping', { env: processEnvironment(), ...reportTo(process.stderr) });
  for (let tries = 1; tries <= STARTS_TRIED; tries++) {
    const port = await freePort();
    const server = await spawnServer({
      binary,
      args: [String(port)],
      dataDir: tmpdir(),
      logFile: '/dev/null',
      env: processEnvironment(),
    });
    // One that ends at once has lost its port to a faster process.
    if (await hasAnswered(server, port)) return await connect(server, port);
    await server.stop();
  }
  throw new JobError(
    'server-failed',
    `Temporal's test server does not start. Run it by hand to see why: ${binary} 7233. To use another one set TEMPORAL_TEST_SERVER_PATH.`,
    { details: { binary } },
  );
}

async function connect(server: ServerProcess, port: number): Promise<TestServer> {
  const address = `${LOOPBACK}:${port}`;
  const options = { address, [InternalConnectionOptionsSymbol]: { supportsTestService: true } };
  const connection = await Connection.connect(options);
  const { testService } = connection;
  if (testService === undefined) throw new JobError('internal', 'The connection to the test server has no test service.');
  return {
    address,
    connection,
    now: async () => Math.round(instantMs((await testService.getCurrentTime({})).time) ?? 0),
    move: async (milliseconds) => void (await testService.unlockTimeSkippingWithSleep({ duration: msToTs(milliseconds) })),
    close: async () => {
      await connection.close();
      await server.stop();
    },
  };
}

async function hasAnswered(server: ServerProcess, port: number): Promise<boolean> {
  for (const giveUpAt = Date.now() + ANSWERS_WITHIN_MS; Date.now() < giveUpAt && !server.hasEnded(); await sleep(POLL_MS)) {
    if (await answers(port)) return !server.hasEnded();
  }
  return false;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
