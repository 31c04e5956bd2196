/** Adds over HTTP whose server is killed again and again: each is repeated with its idempotency key until it is answered, and makes one job. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ApiClient } from '../../src/api/api-client.ts';
import { asJobError } from '../../src/contract/errors.ts';
import { eventually } from '../support/jobs.ts';
import { seeded } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { ownClient, ownFolder, ownServer } from './support/processes.ts';
import { steps } from './support/steps.mjs';

const KEYS = scaled(100, 1000);
const AT_ONCE = 20;
const PARALLEL = 5;
const LONGEST_LIFE_MS = 1500;

test(
  `${KEYS} adds, each sent ${PARALLEL} times at once through servers that are killed, make ${KEYS} jobs`,
  { timeout: 600_000 },
  async () => {
    const server = await ownServer();
    const client = await ownClient(server);
    const dataDir = await ownFolder();
    let { child, url } = await startServer({ address: server.address, dataDir, port: 0 });
    const port = Number(new URL(url).port);
    const random = seeded(Date.now());
    let isDone = false;
    let kills = 0;
    const killing = (async () => {
      while (!isDone) {
        await sleep(200 + random() * LONGEST_LIFE_MS);
        if (isDone) return;
        await killed(child);
        kills += 1;
        ({ child, url } = await startServer({ address: server.address, dataDir, port }));
      }
    })();
    const api = new ApiClient({ url });
    const ids = new Set<string>();
    const keys = Array.from({ length: KEYS }, () => randomUUID());
    for (let first = 0; first < KEYS; first += AT_ONCE) {
      await Promise.all(
        keys.slice(first, first + AT_ONCE).map(async (key) => {
          const answers = await Promise.all(Array.from({ length: PARALLEL }, () => addUntilAnswered(api, key)));
          expect(new Set(answers).size, 'one key is one job').toBe(1);
          for (const id of answers) ids.add(id);
        }),
      );
    }
    isDone = true;
    await killing;
    expect(kills).toBeGreaterThan(0);
    expect(ids.size).toBe(KEYS);
    const count = await eventually('all to be counted', async () => {
      const { delayed } = await client.count({ type: steps.name });
      return delayed >= KEYS && delayed;
    });
    expect(count).toBe(KEYS);
  },
);

/** Sends the add until an answer comes: the server may be killed before, while and after it makes the job. */
async function addUntilAnswered(api: ApiClient, idempotencyKey: string): Promise<string> {
  for (;;) {
    try {
      const body = { type: steps.name, input: { count: 1, stepMs: 1 }, options: { delay: '1h' } };
      return (await api.call('addJob', { body }, { idempotencyKey })).id;
    } catch (error) {
      if (asJobError(error)?.retryable !== true) throw error;
      await sleep(50);
    }
  }
}

async function startServer(place: {
  readonly address: string;
  readonly dataDir: string;
  readonly port: number;
}): Promise<{ child: ChildProcess; url: string }> {
  const program = new URL('./support/api.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, JSON.stringify(place)], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => killed(child));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
