/** What happens to the server when processes come, go and are killed. Real processes, real servers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { findServerBinary } from '../../src/embedded/binary.ts';
import { readServerFile } from '../../src/embedded/server-file.ts';
import { cleanUp, isPidAlive, newFolder, newPorts, startParticipant, waitUntil } from './support/processes.ts';
import { startWorkflow, statusOf } from './support/temporal.ts';

beforeAll(async () => {
  await findServerBinary('temporal', { env: process.env });
}, 120_000);
afterEach(cleanUp, 30_000);

test('five processes that start at once share one server', { timeout: 60_000 }, async () => {
  const options = { dataDir: join(newFolder(), 'new', '.holdfast'), ...(await newPorts()) };
  const five = Array.from({ length: 5 }, () => startParticipant(options));
  const ready = await Promise.all(five.map((one) => one.waitFor(({ kind }) => kind !== 'notice')));
  expect(ready.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'ready'));
  expect(ready.filter(({ isOwner }) => isOwner === true)).toHaveLength(1);
  expect(new Set(ready.map(({ pid }) => pid)).size).toBe(1);
  expect(new Set(ready.map(({ address }) => address))).toEqual(new Set([`127.0.0.1:${options.port}`]));
});

test('an owner that is killed with SIGKILL takes its server along, and the next owner finds the data', { timeout: 60_000 }, async () => {
  const options = { dataDir: newFolder(), ...(await newPorts()) };
  const owner = startParticipant(options);
  const { address = '', pid = -1 } = await owner.waitFor(({ kind }) => kind === 'ready');
  await startWorkflow(address, 'kept');
  await owner.kill();
  await waitUntil(() => !isPidAlive(pid), 'the server ends', 8000);
  const next = startParticipant(options);
  expect(await next.waitFor(({ kind }) => kind === 'ready')).toMatchObject({ address, isOwner: true });
  expect(await statusOf(address, 'kept')).toBe('RUNNING');
});

test(
  'one attached process takes over from a killed owner, on the same port with the same data; the others follow',
  { timeout: 60_000 },
  async () => {
    const options = { dataDir: newFolder(), ...(await newPorts()) };
    const owner = startParticipant(options);
    const { address = '', pid: firstPid } = await owner.waitFor(({ kind }) => kind === 'ready');
    const attached = [startParticipant({ dataDir: options.dataDir }), startParticipant({ dataDir: options.dataDir })];
    for (const one of attached) expect(await one.waitFor(({ kind }) => kind === 'ready')).toMatchObject({ address, isOwner: false });
    await startWorkflow(address, 'kept');
    await owner.kill();
    const changed = await Promise.all(attached.map((one) => one.waitFor(({ kind }) => kind === 'changed')));
    expect(changed.filter(({ isOwner }) => isOwner === true)).toHaveLength(1);
    expect(changed.every((view) => view.address === address && view.pid !== firstPid)).toBe(true);
    expect(await statusOf(address, 'kept')).toBe('RUNNING');
    const heir = attached[changed.findIndex(({ isOwner }) => isOwner === true)];
    expect(await readServerFile(options.dataDir)).toMatchObject({ address, ownerPid: heir?.pid });
  },
);

test('an attached process takes over from an owner that closed', { timeout: 60_000 }, async () => {
  const options = { dataDir: newFolder(), ...(await newPorts()) };
  const owner = startParticipant(options);
  const { address } = await owner.waitFor(({ kind }) => kind === 'ready');
  const attached = startParticipant({ dataDir: options.dataDir });
  await attached.waitFor(({ kind }) => kind === 'ready');
  owner.close();
  await owner.ended();
  expect(await attached.waitFor(({ kind }) => kind === 'changed')).toMatchObject({ address, isOwner: true });
});

test('a server that is killed comes back on the same port with its data', { timeout: 60_000 }, async () => {
  const owner = startParticipant({ dataDir: newFolder(), ...(await newPorts()) });
  const { address = '', pid = -1 } = await owner.waitFor(({ kind }) => kind === 'ready');
  await startWorkflow(address, 'kept');
  process.kill(pid, 'SIGKILL');
  const again = await owner.waitFor(({ kind }) => kind === 'changed');
  expect(again).toMatchObject({ address, isOwner: true });
  expect(again.pid).not.toBe(pid);
  expect(await statusOf(address, 'kept')).toBe('RUNNING');
  expect(owner.told.filter(({ kind }) => kind === 'notice').map(({ line }) => line)).toEqual([
    `The Temporal server (process ${pid}) ended. Starting it again on the same port.`,
    `The Temporal server answers again at ${address}.`,
  ]);
});

test('a server whose shell was killed as well is ended by the next owner', { timeout: 60_000 }, async () => {
  const options = { dataDir: newFolder(), ...(await newPorts()) };
  const owner = startParticipant(options);
  const { address, pid = -1 } = await owner.waitFor(({ kind }) => kind === 'ready');
  const shell = parentOf(pid);
  const helpers = childrenOf(shell).filter((child) => child !== pid);
  process.kill(owner.pid, 'SIGSTOP');
  for (const helper of [shell, ...helpers]) process.kill(helper, 'SIGKILL');
  await owner.kill();
  await sleep(200);
  expect(isPidAlive(pid)).toBe(true);
  const next = startParticipant(options);
  expect(await next.waitFor(({ kind }) => kind !== 'notice')).toMatchObject({ kind: 'ready', address, isOwner: true });
  expect(isPidAlive(pid)).toBe(false);
});

test(
  'a closed owner leaves nothing: no server, no server.json, no claim, and the process ends by itself',
  { timeout: 60_000 },
  async () => {
    const dataDir = newFolder();
    const owner = startParticipant({ dataDir, ...(await newPorts()) });
    const { pid = -1 } = await owner.waitFor(({ kind }) => kind === 'ready');
    owner.close();
    await owner.ended();
    expect(isPidAlive(pid)).toBe(false);
    expect(await readServerFile(dataDir)).toBeUndefined();
    expect(readdirSync(dataDir).toSorted()).toEqual(['data.json', 'server.log', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal']);
  },
);

test('Ctrl-C in the terminal does not reach the server', { timeout: 60_000 }, async () => {
  const owner = startParticipant({ dataDir: newFolder(), ...(await newPorts()) });
  const { pid = -1 } = await owner.waitFor(({ kind }) => kind === 'ready');
  expect(processGroupOf(pid)).not.toBe(processGroupOf(owner.pid));
});

/** Fields of `/proc/<pid>/stat` after the command: state, parent, process group. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

function processGroupOf(pid: number): number {
  return Number(statOf(pid)[2]);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
