/** Owns the description of the API for programs: OpenAPI 3.1, made from the table of routes. Pure. */
import { z } from 'zod';
import { type ErrorCode, errorCatalogue } from '../contract/errors.ts';
import { COMMON_PROBLEMS, PROBLEM_TYPE } from './problem.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { addedJob, jobCounts, jobList, jobSnapshot, jobSummary } from './schemas/jobs.ts';
import { operation } from './schemas/operations.ts';
import { problem } from './schemas/service.ts';
import { jobStatistics } from './schemas/statistics.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that stand once, under their names. */
const COMPONENTS = { addedJob, jobCounts, jobList, jobSnapshot, jobSummary, jobStatistics, operation, problem };
const MEDIA_TYPES = {
  json: 'application/json',
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
  text: 'text/plain',
  file: 'application/octet-stream',
};

/**
 * The whole description.
 * @param basePath what the paths stand under, for example `/holdfast`
 */
export function openApi({ version, basePath = '' }: { readonly version: string; readonly basePath?: string }): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(routes)) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(name, route);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      version,
      summary: 'Durable background jobs.',
      description: 'Errors are Problem Details (RFC 9457) with a `code`; 429 and 503 say in `Retry-After` when to ask again.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    tags: [...new Set(Object.values(routes).map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(COMPONENTS).map(([name, schema]) => [name, schemaOf(schema, 'output')])),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key made with `holdfast keys add`' },
        session: { type: 'apiKey', in: 'cookie', name: 'holdfast_session', description: 'The session of a login link' },
      },
    },
  };
}

function operationOf(name: string, route: Route): Json {
  const needs = route.role === 'anyone' ? 'Needs no key.' : `Needs the role ${route.role}${route.isForTenants ? '' : ', of no tenant'}.`;
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, needs].filter((part) => part !== undefined).join(' '),
    ...(route.role === 'anyone' ? { security: [] } : {}),
    parameters: [
      ...parametersOf(route.params, 'path'),
      ...parametersOf(route.query, 'query'),
      ...(route.isIdempotent ? [headerParameter('Idempotency-Key', 'Repeats of a request with the same key are one request', 200)] : []),
      ...(route.kind === 'events' ? [headerParameter('Last-Event-ID', 'The last event that was seen', 1100)] : []),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { [MEDIA_TYPES[route.bodyKind]]: { schema: schemaOf(route.body, 'input') } } } }),
    responses: { [route.status]: answerOf(route), ...problemsOf(route) },
  };
}

function answerOf(route: Route): Json {
  const schema = route.kind === 'text' || route.kind === 'file' ? { type: 'string' } : referenceOr(route.answer);
  return {
    description: route.summary,
    headers: {
      'X-Request-Id': { schema: { type: 'string' } },
      ...(route.location === undefined ? {} : { Location: { schema: { type: 'string' }, description: 'Where the new resource is' } }),
      ...(route.kind === 'json' && route.method === 'GET'
        ? { 'Holdfast-Stale-Since': { schema: { type: 'string' }, description: 'Temporal does not answer; this was known then' } }
        : {}),
    },
    content: { [MEDIA_TYPES[route.kind]]: { schema } },
  };
}

function problemsOf(route: Route): Record<string, Json> {
  const access: readonly ErrorCode[] = route.role === 'anyone' ? ['forbidden'] : ['not-authenticated', 'forbidden'];
  const body: readonly ErrorCode[] = route.body === undefined ? [] : ['payload-too-large', 'unsupported-media-type', 'invalid-options'];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...COMMON_PROBLEMS, ...access, ...body, ...route.problems])) {
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/problem' } } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      { description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].message}`).join(' '), content },
    ]),
  );
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...of }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: of,
  }));
}

function headerParameter(name: string, description: string, maxLength: number): Json {
  return { name, in: 'header', required: false, description, schema: { type: 'string', minLength: 1, maxLength } };
}

function referenceOr(schema: z.ZodType): Json {
  const known = Object.entries(COMPONENTS).find(([, component]) => component === schema);
  return known === undefined ? schemaOf(schema, 'output') : { $ref: `#/components/schemas/${known[0]}` };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  return json;
}
