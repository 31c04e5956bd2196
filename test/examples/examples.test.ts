/** The examples do what they say, run from their files as they stand. */
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SECRET } from '../activities/send-notification/run-delivery.ts';
import { runExample } from './run-example.ts';

const examples = resolve(import.meta.dirname, '../../examples');

describe('the example first-job', () => {
  it('sends its email at the second attempt, and shows the way there', async () => {
    const lines = await runExample('first-job');
    expect(lines).toContain('To reader@example.com: Hello');
    expect(lines.find((line) => line.startsWith('retrying'))).toMatch(
      /^retrying Attempt 1 of 3 failed \(The mail server hung up\.\); the next starts at /,
    );
    expect(lines.at(-1)).toMatch(/^Sent as \S+\/\S+$/);
  });
});

describe('the example multi-step', () => {
  it('publishes its album: steps with labels side by side, progress that never falls, clean-up, result', { timeout: 120_000 }, async () => {
    const lines = await runExample('multi-step');
    const percents = lines.flatMap((line) => /^processing (\d+) %/.exec(line)?.[1] ?? []).map(Number);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(lines.some((line) => /beach\.jpg \d+ %, pier\.jpg \d+ %, rain\.jpg \d+ %$/.test(line))).toBe(true);
    expect(lines.filter((line) => line.startsWith('Scratch files of '))).toHaveLength(1);
    expect(lines.at(-1)).toBe('Published at https://albums.example/Summer, 20000 bytes');
  });
});

describe('the example analyse-repositories', () => {
  it('says what this repository is made of', { timeout: 120_000 }, async () => {
    const lines = await runExample('analyse-repositories');
    expect(lines).toContain('completed 1 of 1 repositories done');
    expect(lines.find((line) => / commits by \d+ people, licence Apache-2\.0$/.test(line))).toBeDefined();
    expect(lines.some((line) => /^\d+ lines of TypeScript$/.test(line))).toBe(true);
    expect(lines).toContain('package.json needs @grpc/grpc-js 1.14.7');
  });
});

describe('the example export-data', () => {
  it('exports its orders to a gzip file, whose first lines and hash it prints', async () => {
    const lines = await runExample('export-data');
    expect(lines).toContain('id,customer,amount,paid');
    expect(lines).toContain(`2,"'=cmd()",7.25,false`);
    expect(lines.at(-1)).toMatch(/^3 rows, \d+ bytes, sha256 [0-9a-f]{64}, kept until 20\d\d-/);
  });
});

describe('the example notifications', () => {
  it('is told of its report, signed, and sees the log of the notification that it sent', async () => {
    vi.stubEnv('HOLDFAST_WEBHOOK_SECRET', SECRET);
    const lines = await runExample('notifications');
    expect(lines).toContain('The report has 7 pages');
    expect(lines.find((line) => line.includes('job.completed'))).toMatch(
      /^Received \{"type":"job\.completed","timestamp":"[^"]+","data":\{"id":"[^"]+","type":"make-report","status":"completed","run":1\}\}$/,
    );
    expect(lines.at(-1)).toBe('delivered 200: thank you');
  });
});

describe('every example', () => {
  const folders = readdirSync(examples);
  const files = folders.flatMap((folder) => readdirSync(resolve(examples, folder)).map((file) => `${folder}/${file}`));

  it('is one of those that are run', () => {
    expect(folders).toEqual(['analyse-repositories', 'export-data', 'first-job', 'multi-step', 'notifications', 'test-with-skipped-time']);
  });

  it.each(files)('%s is short', (file) => {
    expect(readFileSync(resolve(examples, file), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });
});
