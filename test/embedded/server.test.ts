import { createServer, type Server } from 'node:net';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { findServerBinary } from '../../src/embedded/binary.ts';
import { choosePorts } from '../../src/embedded/ports.ts';
import { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from '../../src/embedded/server.ts';
import { findServerFile } from '../../src/embedded/server-file.ts';
import { cleanUp, isPidAlive, newFolder, newPorts } from './support/processes.ts';
import { withClient } from './support/temporal.ts';

const opened: EmbeddedServer[] = [];
const strangers: Server[] = [];

beforeAll(async () => {
  await findServerBinary('temporal', { env: process.env });
}, 120_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
  for (const stranger of strangers.splice(0)) stranger.close();
  await cleanUp();
}, 30_000);

async function open(options: Omit<EmbeddedOptions, 'env'>): Promise<EmbeddedServer> {
  const server = await startEmbedded({ env: process.env, ...options });
  opened.push(server);
  return server;
}

/** Another program on the port. */
async function occupy(port: number): Promise<void> {
  const stranger = createServer();
  strangers.push(stranger);
  await new Promise<void>((resolve, reject) => {
    stranger.once('error', reject);
    stranger.listen({ port, host: '127.0.0.1' }, resolve);
  });
}

test('a started server is healthy, has its settings, and says where it is', async () => {
  const project = newFolder();
  const dataDir = join(project, '.holdfast');
  const ports = await newPorts();
  const server = await open({ dataDir, ...ports });
  expect(server).toMatchObject({ address: `127.0.0.1:${ports.port}`, uiUrl: `http://127.0.0.1:${ports.uiPort}`, isOwner: true, dataDir });
  expect(isPidAlive(server.pid)).toBe(true);
  expect((await fetch(server.uiUrl ?? '')).status).toBe(200);
  mkdirSync(join(project, 'src', 'deep'), { recursive: true });
  const found = await findServerFile(join(project, 'src', 'deep'));
  expect(found).toMatchObject({ dataDir, address: server.address, uiUrl: server.uiUrl, pid: server.pid, ownerPid: process.pid });
  expect(found?.retentionDays).toBe(30);
  expect(found?.version).toMatch(/^1\.\d+\.\d+$/);
  await withClient(server.address, async ({ connection }) => {
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(customAttributes?.['HoldfastTags']).toBe(7);
  });
});

test('a second start on the folder attaches to the first; closing twice is closing once', async () => {
  const dataDir = newFolder();
  const owner = await open({ dataDir, ...(await newPorts()) });
  const notices: string[] = [];
  const attached = await open({ dataDir, port: (await newPorts()).port, onNotice: (line) => notices.push(line) });
  expect(attached).toMatchObject({ address: owner.address, pid: owner.pid, isOwner: false, retentionDays: 30 });
  expect(notices).toEqual([expect.stringContaining(`runs at ${owner.address} already: port `)]);
  await attached.close();
  expect(isPidAlive(owner.pid)).toBe(true);
  const { pid } = owner;
  await Promise.all([owner.close(), owner.close()]);
  expect(isPidAlive(pid)).toBe(false);
  expect(existsSync(join(dataDir, 'server.json'))).toBe(false);
});

test('a port that was asked for and is taken is an error that says so', async () => {
  const { port, uiPort } = await newPorts();
  await occupy(port);
  const free = await newPorts();
  await expect(open({ dataDir: newFolder(), port, uiPort: free.uiPort })).rejects.toMatchObject({
    code: 'port-taken',
    message: `Port ${port} is taken by another program. Choose another one, leave the option out to get a free one, or end that program.`,
  });
  await occupy(uiPort);
  await expect(open({ dataDir: newFolder(), port: free.port, uiPort })).rejects.toMatchObject({
    code: 'port-taken',
    details: { option: 'uiPort' },
  });
  await expect(open({ dataDir: newFolder(), port: 0 })).rejects.toMatchObject({ code: 'invalid-options' });
});

test('ports that were not asked for are those used last, or free ones', async () => {
  const last = await newPorts();
  const nothingWanted = { port: undefined, uiPort: undefined };
  expect(await choosePorts(nothingWanted, last)).toEqual(last);
  await occupy(last.port);
  const others = await choosePorts(nothingWanted, last);
  expect(others.port).toBeGreaterThanOrEqual(7233);
  expect(others.port).toBeLessThan(7433);
  await occupy(others.port);
  const next = await choosePorts({ port: undefined, uiPort: others.uiPort }, undefined);
  expect(next.port).toBeGreaterThan(7232);
  expect(next.port).not.toBe(others.port);
  expect((await choosePorts({ port: 8233, uiPort: undefined }, { port: 8233, uiPort: 8233 }).catch(() => ({ uiPort: 0 }))).uiPort).not.toBe(
    8233,
  );
});

test('a folder keeps its address over a restart', async () => {
  const dataDir = newFolder();
  const first = await open({ dataDir, ...(await newPorts()) });
  const { address, uiUrl } = first;
  await first.close();
  expect(await open({ dataDir })).toMatchObject({ address, uiUrl });
});

test('variables that configure Temporal clients do not reach the server', async () => {
  const env = { ...process.env, TEMPORAL_PROFILE: 'not-there', TEMPORAL_CONFIG_FILE: '/none', TEMPORAL_TLS: 'true' };
  const server = await startEmbedded({ env, dataDir: newFolder(), ...(await newPorts()) });
  opened.push(server);
  expect(server.isOwner).toBe(true);
});

test('a log over 10 MB is emptied at the start', async () => {
  const dataDir = newFolder();
  const log = join(dataDir, 'server.log');
  writeFileSync(log, 'x'.repeat(11 * 1024 * 1024));
  await open({ dataDir, ...(await newPorts()) });
  expect(statSync(log).size).toBeLessThan(100_000);
});

test('a program that is not a server is told with the last lines of its log', async () => {
  const dataDir = newFolder();
  const script = join(newFolder(), 'temporal');
  writeFileSync(script, '#!/bin/sh\necho "Error: something strange"\nexit 3\n', { mode: 0o755 });
  const start = startEmbedded({ env: { TEMPORAL_CLI_PATH: script, PATH: process.env['PATH'] }, dataDir, ...(await newPorts()) });
  await expect(start).rejects.toMatchObject({ code: 'server-failed', details: { lines: ['Error: something strange'] } });
});

test('server.json is searched upwards, and one that cannot be understood is passed over', async () => {
  const project = newFolder();
  const inner = join(project, 'inner');
  const content = {
    address: '127.0.0.1:1',
    pid: 1,
    startToken: '',
    ownerPid: 1,
    version: '1.32.0',
    startedAt: '2026-01-01T00:00:00Z',
    retentionDays: 30,
  };
  for (const folder of [project, inner]) mkdirSync(join(folder, '.holdfast'), { recursive: true });
  writeFileSync(join(project, '.holdfast', 'server.json'), JSON.stringify(content));
  writeFileSync(join(inner, '.holdfast', 'server.json'), '{"address":');
  expect(await findServerFile(inner)).toEqual({ ...content, dataDir: join(project, '.holdfast') });
});
