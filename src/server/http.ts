/** Owns the HTTP library: paths to routes, and a server on a port. The only file that knows Hono. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { RouteName } from '../api/routes.ts';
import { routes } from '../api/routes.ts';
import { JobError } from '../contract/errors.ts';
import type { Dashboard } from './dashboard.ts';
import type { Pipeline } from './pipeline.ts';

/** A function from requests to answers, as Hono, Deno, Bun and the Fetch standard have it. */
export type FetchHandler = (request: Request, env?: unknown) => Response | Promise<Response>;

/** A function from requests to answers, as Node's own HTTP server has it. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Where a request came from, where the server that took it tells. */
type Bindings = Partial<HttpBindings>;

/** Time in which the head of a request has to be there; for its body the reader of the request has a limit. */
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_URL_LENGTH = 16_000;

/** What stands behind the routes. */
export interface Parts {
  readonly pipeline: Pipeline;
  /** Answers addresses that are no routes; undefined: they are not found. */
  readonly dashboard: Dashboard | undefined;
  readonly secure: (response: Response) => Response;
}

/** The routes, and the dashboard beside them, as a fetch handler. */
export function fetchHandler({ pipeline, dashboard, secure }: Parts): FetchHandler {
  const app = new Hono<{ Bindings: Bindings }>();
  for (const name of Object.keys(routes) as RouteName[]) {
    const { method, path } = routes[name];
    app.on(method, honoPath(path), async (context) => {
      const params = context.req.param() as Readonly<Record<string, string>>;
      const from = context.env.incoming?.socket.remoteAddress ?? 'unknown';
      return await pipeline.answer({ name, request: context.req.raw, params, from });
    });
  }
  for (const [path, allow] of methodsByPath()) {
    app.all(path, (context) => {
      const message = `${context.req.path} knows ${allow.join(', ')}, got: ${context.req.method}.`;
      return pipeline.refuse(new JobError('method-not-allowed', message, { details: { allow } }));
    });
  }
  if (dashboard !== undefined)
    app.get('*', async (context, next) => {
      if (context.req.path.startsWith('/v1')) return await next();
      return await dashboard.answer(context.req.path, context.req.raw.headers);
    });
  app.notFound((context) => pipeline.refuse(noRoute(context.req.path)));
  app.onError((error) => pipeline.refuse(new JobError('internal', undefined, { cause: error })));
  return async (request, env) => {
    if (request.url.length > MAX_URL_LENGTH)
      return secure(
        pipeline.refuse(new JobError('invalid-request', `The address of the request is longer than ${MAX_URL_LENGTH} characters.`)),
      );
    return secure(await app.fetch(request, env ?? {}));
  };
}

/** The handler for Node's own HTTP server, and for what is built on it. */
export function nodeHandler(handler: FetchHandler): NodeHandler {
  const answer = getRequestListener(handler, { overrideGlobalObjects: false });
  return (request, response) => void answer(request, response);
}

export interface Listening {
  /** `http://127.0.0.1:7780` */
  readonly url: string;
  /** Takes no more requests, ends streams, waits for what is under way up to `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Serves the handler. @throws JobError `port-taken` */
export async function listen(handler: FetchHandler, { host, port }: { readonly host: string; readonly port: number }): Promise<Listening> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, nodeHandler(handler));
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: async (graceMs = 5000) => await closeServer(server, graceMs),
  };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): JobError {
  if (error.code === 'EADDRINUSE')
    return new JobError('port-taken', `The port ${port} of ${host} is taken. Give the API another one with --port.`, {
      cause: error,
      details: { host, port },
    });
  return new JobError('invalid-options', `Cannot listen on ${host}:${port}: ${error.message}`, { cause: error, details: { host, port } });
}

/** `/v1/jobs/{id}` → `/v1/jobs/:id` */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of Object.values(routes)) methods.set(honoPath(path), [...(methods.get(honoPath(path)) ?? []), method]);
  return methods;
}

function noRoute(path: string): JobError {
  return new JobError('not-found', `There is nothing at ${path.slice(0, 200)}. The routes are described at /v1/openapi.json.`);
}
