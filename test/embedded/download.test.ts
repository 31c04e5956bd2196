import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { downloadArchive, type DownloadProgress } from '../../src/embedded/download.ts';
import { type Release, releases } from '../../src/embedded/releases.ts';
import { cleanUp, newFolder } from './support/processes.ts';

afterEach(cleanUp);

/** An archive as the official one is: the program and a licence, side by side. */
function makeArchive(): Buffer {
  const folder = newFolder();
  writeFileSync(join(folder, 'temporal'), 'the program');
  writeFileSync(join(folder, 'LICENSE'), 'the licence');
  spawnSync('tar', ['-czf', 'archive.tar.gz', 'temporal', 'LICENSE'], { cwd: folder });
  return readFileSync(join(folder, 'archive.tar.gz'));
}

test('the official archive is fetched for the platform, checked, unpacked, and its progress told', async () => {
  const archive = makeArchive();
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const hashes = { 'linux-x64': sha256, 'linux-arm64': '', 'darwin-arm64': '', 'darwin-x64': '' };
  const release: Release = { ...releases.temporal, archive: { url: releases.temporal.archive?.url ?? (() => ''), sha256: hashes } };
  const asked: string[] = [];
  const progress: DownloadProgress[] = [];
  const path = await downloadArchive({
    release,
    platform: 'linux-x64',
    workDir: newFolder(),
    env: process.env,
    fetch: (url) => {
      asked.push(url instanceof Request ? url.url : url.toString());
      return Promise.resolve(new Response(archive, { headers: { 'content-length': String(archive.length) } }));
    },
    onProgress: (step) => progress.push(step),
  });
  expect(readFileSync(path, 'utf8')).toBe('the program');
  expect(asked).toEqual(['https://temporal.download/cli/archive/v1.9.1?platform=linux&arch=amd64']);
  expect(progress.at(-1)).toEqual({ label: 'Temporal server 1.9.1', receivedBytes: archive.length, totalBytes: archive.length });
});

test('an answer that is not 200 is told by its status', async () => {
  const download = downloadArchive({
    release: releases.temporal,
    platform: 'darwin-arm64',
    workDir: newFolder(),
    env: process.env,
    fetch: () => Promise.resolve(new Response('no', { status: 403 })),
    onProgress: () => undefined,
  });
  await expect(download).rejects.toThrow('temporal.download answered HTTP 403');
});
