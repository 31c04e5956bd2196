/** Users of the replaced system keep their code: its examples compile and run, on a machine where nothing was started. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compile, makeProject, startProgram } from './programs.ts';

it('the examples run as written, start the server themselves, and the process ends by itself', { timeout: 180_000 }, async () => {
  const folder = await makeProject();
  await copyFile(fileURLToPath(new URL('./seed-examples.ts', import.meta.url)), join(folder, 'seed-examples.ts'));
  await compile(folder, 'seed-examples.ts');
  const { code, output, log } = await startProgram(folder, ['seed-examples.js'], { REDIS_URL: 'redis://localhost:6379' }).ended;
  const lines = output.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^Job status: (queued|processing|completed)$/);
  expect(lines[1]).toMatch(/^Progress: (0|25|75|100)%$/);
  expect(lines.slice(2)).toEqual([
    'Ended: completed at 100%, sent: true',
    'Urgent: queued, 5 attempts',
    'Waiting: 0, Active: 0',
    '{"waiting":0,"active":0,"delayed":1,"completed":1,"failed":0,"cancelled":0}',
    'Closed',
  ]);
  expect(code).toBe(0);
  expect(log.match(/REDIS_URL is not used/g)).toHaveLength(1);
  expect(log).toMatch(/job queue started its own Temporal server/);
  expect(log).not.toMatch(/"level":[4-6]0/);
});
