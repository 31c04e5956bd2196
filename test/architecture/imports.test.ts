/** The import order of the project, leaks through a third module included; and that the checker of it would notice. */
import { describe, expect, it } from 'vitest';
import { type Layer, layerViolations, moduleGraph, packageLeaks, processUses } from './module-graph.ts';
import { sourcesOf } from './project.ts';

/** Every folder and lone module of `src`, from the language of jobs at the bottom to the command line at the top. */
const LAYERS: readonly Layer[] = [
  layer('contract', 'src/contract/', 0),
  layer('abort', 'src/abort.ts', 1),
  layer('log', 'src/log.ts', 1),
  layer('package-version', 'src/package-version.ts', 1),
  layer('jobs', 'src/jobs/', 1),
  layer('config', 'src/config.ts', 2),
  layer('hourly', 'src/hourly.ts', 2),
  layer('storage', 'src/storage/', 1),
  layer('payloads', 'src/payloads/', 2),
  layer('workflows', 'src/workflows/', 3),
  layer('activities', 'src/activities/', 3),
  layer('temporal', 'src/temporal/', 3),
  layer('embedded', 'src/embedded/', 3),
  layer('shipped-jobs', 'src/shipped-jobs.ts', 4),
  layer('find-server', 'src/find-server.ts', 4),
  layer('temporal-logger', 'src/worker/temporal-logger.ts', 3),
  layer('statistics-sender', 'src/worker/statistics-sender.ts', 4.5),
  layer('runtime', 'src/worker/runtime.ts', 4.5),
  layer('worker parts', 'src/worker/', 4),
  layer('client parts', 'src/client/', 4),
  layer('client', 'src/client.ts', 5),
  layer('worker', 'src/worker.ts', 5),
  layer('job-queue parts', 'src/job-queue/', 6),
  layer('job-queue', 'src/job-queue.ts', 7),
  layer('api', 'src/api/', 1),
  layer('remote-client', 'src/remote-client.ts', 6),
  layer('server parts', 'src/server/', 6),
  layer('server', 'src/server.ts', 7),
  layer('project-config', 'src/project-config.ts', 6),
  layer('testing', 'src/testing/', 6),
  layer('index', 'src/index.ts', 8),
  layer('cli', 'src/cli/', 8),
];

/** Packages that only some may load, themselves. Whoever stands above them loads them through these. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  // The worker sends its signals over its own connection; the embedded server is asked for its health before it counts as found.
  '@temporalio/client': ['src/temporal/', 'src/worker.ts', 'src/worker/attempt-calls.ts', 'src/embedded/health.ts', 'src/testing/'],
  '@temporalio/envconfig': ['src/temporal/', 'src/find-server.ts'],
  '@temporalio/proto': ['src/temporal/', 'src/embedded/health.ts'],
  '@temporalio/worker': [
    'src/worker.ts',
    'src/worker/workflow-bundle.ts',
    'src/worker/temporal-logger.ts',
    'src/worker/runtime.ts',
    'src/testing/',
  ],
  '@temporalio/activity': ['src/activities/'],
  '@temporalio/workflow': ['src/workflows/'],
  pg: ['src/activities/export-data/'],
  'hyparquet-writer': ['src/activities/export-data/'],
  hono: ['src/server/http.ts'],
  '@hono/node-server': ['src/server/http.ts'],
  'prom-client': ['src/server/metrics.ts'],
  'eventsource-parser': ['src/api/read-events.ts'],
  commander: ['src/cli/'],
  'log-update': ['src/cli/'],
  'cli-table3': ['src/cli/'],
};

function layer(name: string, path: string, rank: number): Layer {
  return { name, path, rank };
}

describe('the modules of src', () => {
  const sources = sourcesOf('src');
  const graph = moduleGraph(sources);

  it('import only what stands below them', () => {
    expect(layerViolations(graph, LAYERS)).toEqual([]);
  });

  it('of the contract load nothing but ms, so that a browser and a workflow can load them', () => {
    expect(packageLeaks(graph, 'src/contract/', (name) => name === 'ms')).toEqual([]);
  });

  it('of the API load what a browser can load', () => {
    expect(packageLeaks(graph, 'src/api/', (name) => ['ms', 'zod', 'eventsource-parser'].includes(name))).toEqual([]);
  });

  it("of the workflows load the SDK's workflow package and what the contract loads", () => {
    expect(packageLeaks(graph, 'src/workflows/', (name) => name === '@temporalio/workflow' || name === 'ms')).toEqual([]);
  });

  it("reach the worker's native code only through the worker, never through the client", () => {
    const isNative = (name: string) => name === '@temporalio/worker';
    expect(packageLeaks(graph, 'src/client.ts', (name) => !isNative(name))).toEqual([]);
  });

  it.each(Object.entries(OWNERS))('load %s only where it belongs', (name, owners) => {
    const users = [...graph].filter(([, { packages }]) => packages.includes(name)).map(([path]) => path);
    expect(users.filter((path) => !owners.some((owner) => path.startsWith(owner)))).toEqual([]);
  });

  it('read the environment and end the process only in the entry points', () => {
    const strangers = processUses(sources).filter((path) => path !== 'src/config.ts' && path !== 'src/cli/main.ts');
    expect(strangers).toEqual([]);
  });
});

describe('the checker', () => {
  const layers = [
    layer('low', 'src/low/', 0),
    layer('left', 'src/left/', 1),
    layer('right', 'src/right/', 1),
    layer('top', 'src/top.ts', 2),
  ];
  const graphOf = (files: Record<string, string>) => moduleGraph(new Map(Object.entries(files)));

  it('lets imports go down and stay inside', () => {
    const graph = graphOf({
      'src/low/a.ts': `import { b } from './b.ts';`,
      'src/low/b.ts': 'export const b = 1;',
      'src/left/a.ts': `export * from '../low/a.ts';`,
      'src/top.ts': `import './left/a.ts';`,
    });
    expect(layerViolations(graph, layers)).toEqual([]);
  });

  it.each([
    { how: 'up', path: 'src/low/a.ts', text: `import { x } from '../top.ts';`, sentence: 'src/low/a.ts (low) imports src/top.ts (top)' },
    {
      how: 'to a sibling',
      path: 'src/left/a.ts',
      text: `import { x } from '../right/a.ts';`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'by a re-export',
      path: 'src/left/a.ts',
      text: `export { x } from '../right/a.ts';`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'by export *',
      path: 'src/left/a.ts',
      text: `export * from '../right/a.ts';`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'late',
      path: 'src/left/a.ts',
      text: `const x = await import('../right/a.ts');`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'for its effect',
      path: 'src/left/a.ts',
      text: `import '../right/a.ts';`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'by an inline type',
      path: 'src/left/a.ts',
      text: `import { type X } from '../right/a.ts';`,
      sentence: 'src/left/a.ts (left) imports src/right/a.ts (right)',
    },
    {
      how: 'to nowhere',
      path: 'src/left/a.ts',
      text: `import { x } from './gone.ts';`,
      sentence: 'src/left/a.ts imports src/left/gone.ts, which is not there',
    },
  ])('notices an import $how', ({ path, text, sentence }) => {
    const graph = graphOf({ 'src/top.ts': '', 'src/right/a.ts': '', [path]: text });
    expect(layerViolations(graph, layers)).toEqual([sentence]);
  });

  it('notices a module that stands in no layer', () => {
    expect(layerViolations(graphOf({ 'src/stray/a.ts': '' }), layers)).toEqual(['src/stray/a.ts stands in no layer']);
  });

  it('ignores what is gone from the compiled code', () => {
    const graph = graphOf({
      'src/left/a.ts': `import type { X } from '../right/a.ts'; export type { Y } from '../right/a.ts'; import type Z from 'zod';`,
      'src/right/a.ts': '',
    });
    expect(layerViolations(graph, layers)).toEqual([]);
    expect(packageLeaks(graph, 'src/left/', () => false)).toEqual([]);
  });

  it('notices a package that comes in through a third module, and says which way', () => {
    const graph = graphOf({
      'src/left/a.ts': `import { b } from './b.ts';`,
      'src/left/b.ts': `import { c } from '../low/c.ts';`,
      'src/low/c.ts': `import * as zod from 'zod/v4/core'; import { client } from '@temporalio/client/lib/x.js';`,
    });
    expect(packageLeaks(graph, 'src/left/a.ts', (name) => name === 'ms')).toEqual([
      'src/left/a.ts → src/left/b.ts → src/low/c.ts → zod',
      'src/left/a.ts → src/left/b.ts → src/low/c.ts → @temporalio/client',
    ]);
  });

  it('walks circles once', () => {
    const graph = graphOf({ 'src/low/a.ts': `import './b.ts';`, 'src/low/b.ts': `import './a.ts'; import 'zod';` });
    expect(packageLeaks(graph, 'src/low/a.ts', () => false)).toEqual(['src/low/a.ts → src/low/b.ts → zod']);
  });

  it.each(['const x = process.env.HOME;', `process['exit'](1);`, `import { env } from 'node:process';`, 'const { env } = process;'])(
    'notices %s',
    (text) => {
      expect(processUses(new Map([['a.ts', text]]))).toEqual(['a.ts']);
    },
  );

  it('takes neither comments nor other members of process for it', () => {
    expect(processUses(new Map([['a.ts', '// process.env\nprocess.on("SIGTERM", stop); const pid = process.pid; job.env;']]))).toEqual([]);
  });
});
