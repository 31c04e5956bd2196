/** The documents name every status, code and option that there is, as it is, and no other; their links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JobClient } from '../../src/client.ts';
import { addPlan } from '../../src/contract/add-options.ts';
import { cancelOptions } from '../../src/contract/cancel-options.ts';
import { defineJob } from '../../src/contract/define-job.ts';
import { errorCatalogue, JobError } from '../../src/contract/errors.ts';
import { retryRule } from '../../src/contract/retry.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../src/contract/snapshot.ts';
import { Job, JobQueue, JobStatus } from '../../src/job-queue.ts';
import { ANALYSIS_TABLES, exportData } from '../../src/jobs/export-data.ts';
import type { ExportSettings } from '../../src/shipped-jobs.ts';
import { notifying } from '../../src/activities/send-notification/settings.ts';
import { loadConfig } from '../../src/config.ts';
import { sendNotification } from '../../src/jobs/send-notification.ts';
import { testEnvironment } from '../../src/testing/index.ts';
import { createWorker } from '../../src/worker.ts';
import { ACTIONS, OUTCOMES } from '../contract/outcomes.ts';

const root = resolve(import.meta.dirname, '../..');
const documents = [
  'README.md',
  ...['guide', 'multi-step', 'testing', 'statuses', 'job-queue', 'statistics', 'how-it-works', 'export-data', 'send-notification'].map(
    (name) => `docs/${name}.md`,
  ),
];
const examples = ['send-email.ts', 'worker.ts', 'add.ts'];

function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

/** Rows of the tables of one section, cell by cell, without the heads. */
function rowsOf(path: string, heading: string): string[][] {
  const section = new RegExp(`^#+ ${heading}\\n(?<body>[\\s\\S]*?)(?=^#|(?![\\s\\S]))`, 'm').exec(read(path))?.groups?.['body'];
  if (section === undefined) throw new Error(`Expected ${path} to have the heading "${heading}".`);
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in backticks in the first cells. */
function namesIn(rows: readonly string[][]): string[] {
  return rows.flatMap(([first = '']) => [...first.matchAll(/`(\w[\w-]*)`/g)].map(([, name = '']) => name));
}

/** The option names that an error about an unknown one tells. */
async function knownOptions(call: () => unknown): Promise<string[]> {
  try {
    await call();
  } catch (error) {
    if (error instanceof JobError) return error.details['known'] as string[];
  }
  throw new Error('Expected an unknown option to be refused.');
}

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('Expected it to throw.');
}

describe('docs/statuses.md', () => {
  it('explains every status', () => {
    expect(namesIn(rowsOf('docs/statuses.md', 'Statuses'))).toEqual([...OPEN_STATUSES, ...TERMINAL_STATUSES]);
  });

  it('explains every error code, with its HTTP status and whether to try again', () => {
    const rows = rowsOf('docs/statuses.md', 'Error codes').map(([code, http, again]) => [code, http, again]);
    const entries = Object.entries(errorCatalogue);
    expect(rows).toEqual(entries.map(([code, { status, retryable }]) => [`\`${code}\``, String(status), retryable ? 'yes' : 'no']));
  });

  it('says what comes of each action in each status', () => {
    const rows = rowsOf('docs/statuses.md', 'What can be done by hand').map(([status, ...cells]) => [status, ...cells]);
    expect(rows).toEqual(
      OUTCOMES.map(({ status, outcomes }) => [`\`${status}\``, ...outcomes.map((outcome) => (outcome === 'conflict' ? '–' : outcome))]),
    );
    expect(read('docs/statuses.md').replaceAll(/ +/g, ' ')).toContain(
      `| a job that is | ${ACTIONS.map((action) => `\`${action}\``).join(' | ')} |`,
    );
  });

  it.each([
    ['Why a job waits', 'src/contract/waiting-for.ts', /code: '([\w-]+)'/g],
    ['What became of an attempt', 'src/contract/attempts.ts', /outcome: ((?:'[\w-]+'(?: \| )?)+);/g],
  ])('explains every code under "%s"', (heading, source, pattern) => {
    const written = [...read(source).matchAll(pattern)].flatMap(([, text = '']) => text.match(/[\w-]+/g) ?? []);
    expect(new Set(namesIn(rowsOf('docs/statuses.md', heading)))).toEqual(new Set(written));
  });
});

describe('docs/guide.md', () => {
  const input = z.object({});
  const contract = defineJob({ name: 'x', input });
  const wrong: object = { 'no-such-option': 1 };
  const connectOptions = ['address', 'namespace', 'env', 'cwd', 'payloads', 'uiUrl'];

  it.each([
    ['The contract', () => defineJob({ name: 'x', input, ...wrong })],
    ['Adding', () => addPlan(contract, wrong)],
    ['Retries', () => retryRule(wrong)],
    ['Cancel', () => cancelOptions(wrong)],
  ])('explains every option under "%s"', async (heading, call) => {
    expect(new Set(namesIn(rowsOf('docs/guide.md', heading)))).toEqual(new Set(await knownOptions(call)));
  });

  it('explains every option of a worker', async () => {
    const known = await knownOptions(() => createWorker({ jobs: [], ...wrong }));
    const names = namesIn(rowsOf('docs/guide.md', 'Handling'));
    expect(known.filter((name) => !connectOptions.includes(name) && !names.includes(name))).toEqual([]);
  });

  it('explains every option of connect', async () => {
    expect(await knownOptions(() => JobClient.connect(wrong))).toEqual(connectOptions);
    for (const name of connectOptions) expect(read('docs/guide.md')).toContain(`\`${name}\``);
  });
});

describe('docs/send-notification.md', () => {
  const wrong: object = { 'no-such-option': 1 };
  const page = 'docs/send-notification.md';

  it('explains every setting, and every variable', async () => {
    const rows = rowsOf(page, 'What the worker knows and a job only names');
    expect(new Set(namesIn(rows))).toEqual(new Set(await knownOptions(() => notifying(wrong))));
    const named = rows.flatMap(([, variables = '']) => [...variables.matchAll(/`(HOLDFAST_\w+)`/g)].map(([, name]) => name));
    const known = /Known variables: (.*)\./.exec(messageOf(() => loadConfig({ HOLDFAST_NONE: '' })))?.[1]?.split(', ') ?? [];
    const ofNotifications = known.filter((name) => /WEBHOOK|SMTP|MAIL/.test(name) && !name.includes('<'));
    expect(new Set(named)).toEqual(new Set(ofNotifications));
  });

  it('explains every field of a webhook and of a mail, and no other', () => {
    const { webhook, email } = sendNotification.input.shape;
    const fields = (heading: string): Set<string> => new Set(namesIn(rowsOf(page, heading)));
    expect(fields('A webhook')).toEqual(new Set(Object.keys(webhook.unwrap().shape)));
    expect(fields('A mail')).toEqual(new Set(Object.keys(email.unwrap().shape)));
  });

  it('explains every key of a notice', async () => {
    expect(namesIn(rowsOf('docs/guide.md', 'Completion notices'))).toEqual(
      await knownOptions(() => addPlan(defineJob({ name: 'x', input: z.object({}) }), { notify: wrong })),
    );
  });
});

describe('docs/testing.md and docs/job-queue.md', () => {
  const wrong: object = { 'no-such-option': 1 };

  it('explain every option of a test environment', async () => {
    const known = await knownOptions(() => testEnvironment({ jobs: [], ...wrong }));
    expect(namesIn(rowsOf('docs/testing.md', 'Testing your jobs')).slice(0, known.length)).toEqual(known);
  });

  it('explain every option of a queue and of its jobs', async () => {
    const options = namesIn(rowsOf('docs/job-queue.md', 'The `JobQueue` class'));
    expect(options).toEqual(await knownOptions(() => new JobQueue(wrong)));
    const known = await knownOptions(() => new Job('x', {}, wrong));
    expect(namesIn(rowsOf('docs/job-queue.md', 'Methods'))).toEqual(expect.arrayContaining(known));
  });

  it('explain every status of a job, and where it comes from', () => {
    const rows = rowsOf('docs/job-queue.md', 'The job');
    expect(namesIn(rows)).toEqual(Object.values(JobStatus));
    const sources = rows.flatMap(([, from = '']) => [...from.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(new Set(sources)).toEqual(new Set([...OPEN_STATUSES, ...TERMINAL_STATUSES]));
  });
});

describe('docs/export-data.md', () => {
  const { shape } = exportData.input;

  it('explains every source, table and option of an export', () => {
    const names = rowsOf('docs/export-data.md', 'What is exported').map(([first = '']) => first.replaceAll('`', ''));
    const csv = Object.keys(shape.csv.unwrap().shape).map((name) => `csv.${name}`);
    const options = Object.keys(shape).filter((name) => name !== 'source' && name !== 'csv');
    const sources = shape.source.options.map((source) => source.shape.type.value);
    expect(names.toSorted()).toEqual([...sources, ...options, ...csv].toSorted());
    for (const table of ANALYSIS_TABLES) expect(read('docs/export-data.md')).toContain(`\`${table}\``);
  });

  it('explains every setting', () => {
    const settings: Record<keyof ExportSettings, true> = { storage: true, connections: true, folders: true, maxRowBytes: true };
    expect(namesIn(rowsOf('docs/export-data.md', 'What a job may reach'))).toEqual(Object.keys(settings));
  });
});

describe('README.md', () => {
  it('names every status', () => {
    expect(namesIn(rowsOf('README.md', 'The states of a job'))).toEqual([...OPEN_STATUSES, ...TERMINAL_STATUSES]);
  });

  it.each(examples)('shows examples/first-job/%s as it is', (file) => {
    const [, code = ''] = read(`examples/first-job/${file}`).split('*/\n');
    expect(read('README.md')).toContain(`\`\`\`ts\n// ${file}\n${code}\`\`\``);
  });
});

describe('the links of the documents', () => {
  const links = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => ({ path, target })),
  );

  it('are some', () => {
    expect(links.length).toBeGreaterThan(20);
  });

  it.each(links)('$path → $target', ({ path, target }) => {
    const [file = '', anchor] = target.split('#');
    const place = file === '' ? resolve(root, path) : resolve(root, dirname(path), file);
    expect(existsSync(place)).toBe(true);
    if (anchor === undefined) return;
    const anchors = [...readFileSync(place, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(anchor);
  });
});
