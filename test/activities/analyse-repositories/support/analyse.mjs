// One analysis in a process of its own. Arguments: the settings of the analyser and the source, as JSON. Prints the report and, in MB, the
// most memory that the process and the git that it runs had together.
import { readdirSync, readFileSync } from 'node:fs';
import { analyseRepositoryHandler } from '../../../../dist/activities/analyse-repositories/analyse-repository.js';

const PAGE_BYTES = 4096;
const SAMPLE_MS = 20;
const [settings, source] = process.argv.slice(2).map((argument) => JSON.parse(argument));

/** Resident memory of this process and its children. */
function residentBytes() {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === process.pid);
  return [String(process.pid), ...children].reduce((sum, pid) => sum + pagesOf(pid) * PAGE_BYTES, 0);
}

function parentOf(pid) {
  return Number(read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1]);
}

function pagesOf(pid) {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const context = { jobId: 'job-1', attempt: 1, signal: new AbortController().signal, progress: () => {} };
const options = { window: 1, timeLimitMs: 600_000, maxDiskMb: 1000, maxEntries: 500_000 };
let most = 0;
const sampling = setInterval(() => (most = Math.max(most, residentBytes())), SAMPLE_MS);
const report = await analyseRepositoryHandler(settings)({ repository: { source, name: 'x' }, options, detailBytes: 5000 }, context);
clearInterval(sampling);
console.log(JSON.stringify({ report, mostMb: Math.round(most / 1024 / 1024) }));
