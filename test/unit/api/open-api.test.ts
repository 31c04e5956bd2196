/** That the description of the API is valid and says everything, and that its schemas are the types of what is told. */
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { openApi } from '../../../src/api/open-api.ts';
import { routes } from '../../../src/api/routes.ts';
import type { jobCounts, jobList, jobSnapshot, jobSummary } from '../../../src/api/schemas/jobs.ts';
import type { jobStatistics } from '../../../src/api/schemas/statistics.ts';
import type { JobSnapshot, JobStatistics, JobSummary } from '../../../src/contract/index.ts';
import type { JobCounts, JobList } from '../../../src/temporal/read-jobs.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: object }>>;
}

const description = openApi({ version: '1.2.3', basePath: '/holdfast' }) as {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.values(description.paths).flatMap((path) => Object.values(path));

describe('the OpenAPI description', () => {
  test('is valid by the schema of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(description));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test('has every route, with its parameters, its answer and its problems', () => {
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(routes).toSorted());
    for (const { operationId, parameters, responses } of operations) {
      const { path, status } = routes[operationId as keyof typeof routes];
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(status), '400', '429', '500', '503']));
      for (const { content } of Object.values(responses)) expect(Object.keys(content)).toHaveLength(1);
    }
  });

  test('stands under the path that the API is mounted at', () => {
    expect(description.servers).toEqual([{ url: '/holdfast' }]);
  });
});

describe('docs/api.md', () => {
  const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');

  test.each(Object.entries(routes))('has a row for %s with what it needs', (_name, { method, path, role, isForTenants, summary }) => {
    const cells = page
      .split('\n')
      .find((line) => line.includes(`\`${method} ${path}\``))
      ?.split('|')
      .map((cell) => cell.trim());
    expect(cells?.slice(2, 5)).toEqual([role === 'anyone' ? 'no key' : role, isForTenants ? 'yes' : 'no', summary]);
  });
});

describe('the schemas', () => {
  test('are the types of what the client tells', () => {
    expectTypeOf<JobSnapshot>().toExtend<z.output<typeof jobSnapshot>>();
    expectTypeOf<z.output<typeof jobSnapshot>>().toExtend<JobSnapshot>();
    expectTypeOf<JobSummary>().toExtend<z.output<typeof jobSummary>>();
    expectTypeOf<z.output<typeof jobSummary>>().toExtend<JobSummary>();
    expectTypeOf<JobList>().toExtend<z.output<typeof jobList>>();
    expectTypeOf<z.output<typeof jobList>>().toExtend<JobList>();
    expectTypeOf<JobCounts>().toExtend<z.output<typeof jobCounts>>();
    expectTypeOf<z.output<typeof jobCounts>>().toExtend<JobCounts>();
    expectTypeOf<JobStatistics>().toExtend<z.output<typeof jobStatistics>>();
    expectTypeOf<z.output<typeof jobStatistics>>().toExtend<JobStatistics>();
    // Types are checked by the compiler; a field that only one of the two has fails there.
    expect(Object.keys(routes).length).toBeGreaterThan(30);
  });
});
