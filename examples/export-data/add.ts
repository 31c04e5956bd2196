/** Exports a file of orders as CSV, compressed, and reads the result where the worker has put it. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { exportData } from 'holdfast/jobs';
import { JobClient } from 'holdfast/client';

const jobs = await JobClient.connect();
const job = await jobs.add(exportData, {
  source: { type: 'file', path: join(import.meta.dirname, 'orders.ndjson'), format: 'ndjson' },
  format: 'csv',
  gzip: true,
  name: 'orders',
  keepFor: '1h',
});
const { key, rows, bytes, sha256, expiresAt } = await job.result();
const file = readFileSync(join(tmpdir(), 'holdfast-example', 'exports', key));
for (const line of gunzipSync(file).toString().trimEnd().split('\n')) console.log(line);
console.log(`${rows} rows, ${bytes} bytes, sha256 ${sha256}, kept until ${expiresAt}`);
await jobs.close();
