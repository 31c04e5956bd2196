/**
 * Owns the way of a request through the server: who calls and whether they may, the check of what came, the handler, the answer, the
 * audit log. Speaks in `Request` and `Response`; which library gives them is `http.ts`'s business.
 */
import { randomUUID } from 'node:crypto';
import type { Route } from '../api/route.ts';
import { type RouteName, routes } from '../api/routes.ts';
import { asJobError, JobError, messageOf, stackOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import { answer, jsonText, problemResponse, staleResponse } from './answer.ts';
import type { CallContext, Handler, Handlers, Services } from './context.ts';
import { refusal } from './permission.ts';
import { readInput } from './request.ts';
import type { StaleAnswers } from './stale-answers.ts';

export interface PipelineOptions {
  readonly services: Services;
  readonly handlers: Handlers<RouteName>;
  readonly stale: StaleAnswers;
  readonly log: Log;
  readonly maxBodyBytes: number;
}

/** A request that is for a route. */
export interface Call {
  readonly name: RouteName;
  readonly request: Request;
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Address of the caller. */
  readonly from: string;
}

/** Requests that are worked on; more are refused before they cost anything. Streams count until they have begun. */
const MOST_AT_ONCE = 1000;
const MS_PER_SECOND = 1000;

export class Pipeline {
  readonly #options: PipelineOptions;
  #atOnce = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** The answer to a request for a route. Never rejects: whatever happens is a problem with a code. */
  async answer(call: Call): Promise<Response> {
    const requestId = randomUUID();
    const startedMs = performance.now();
    this.#atOnce += 1;
    const response = await this.#answer(call, requestId).catch((error: unknown) => this.#problem(error, requestId, call.name));
    this.#atOnce -= 1;
    response.headers.set('x-request-id', requestId);
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
    this.#options.services.metrics.answered({ route: call.name, status: response.status, seconds });
    return response;
  }

  /** The answer to a request that is for no route. */
  refuse(error: JobError): Response {
    const requestId = randomUUID();
    const response = this.#problem(error, requestId, 'none');
    response.headers.set('x-request-id', requestId);
    return response;
  }

  async #answer(call: Call, requestId: string): Promise<Response> {
    if (this.#atOnce > MOST_AT_ONCE)
      throw new JobError('overloaded', `The server works on ${MOST_AT_ONCE} requests already. Send fewer at the same time.`, {
        details: { atOnce: MOST_AT_ONCE },
      });
    const { services } = this.#options;
    const route: Route = routes[call.name];
    const principal = await services.access.admit({
      request: call.request,
      from: call.from,
      isMutating: route.method !== 'GET',
      isNeeded: route.role !== 'anyone',
    });
    const jobId = route.path.startsWith('/v1/jobs/{id}') ? call.params['id'] : undefined;
    const refused = refusal(route, principal, jobId);
    const context: CallContext = {
      ...services,
      principal,
      requestId,
      from: call.from,
      url: new URL(call.request.url),
      signal: call.request.signal,
      headers: call.request.headers,
      audited: jobId === undefined ? {} : { jobs: [jobId] },
      answerHeaders: new Headers(),
    };
    if (refused !== undefined) {
      await this.#record(route, context, refused.code);
      throw refused;
    }
    return await this.#handle(call, route, context);
  }

  async #handle(call: Call, route: Route, context: CallContext): Promise<Response> {
    const input = await readInput(route, call.request, { params: call.params, maxBodyBytes: this.#options.maxBodyBytes });
    const handler = this.#options.handlers[call.name] as unknown as Handler<RouteName>;
    const key = isReread(route) ? `${context.principal?.tenant ?? ''} ${call.request.url}` : undefined;
    try {
      const value = await handler(input as never, context);
      await this.#record(route, context, 'done');
      if (key !== undefined) this.#options.stale.keep(key, jsonText(value));
      return answer(route, value, context);
    } catch (error) {
      const known = asJobError(error);
      await this.#record(route, context, known?.code ?? 'internal');
      const stale = key !== undefined && known?.code === 'unavailable' ? this.#options.stale.get(key) : undefined;
      if (stale !== undefined) return staleResponse(stale);
      throw error;
    }
  }

  /** Acts only; what cannot be written is an error of the server's, not of the act, which was done. */
  async #record(route: Route, context: CallContext, outcome: string): Promise<void> {
    if (route.act === undefined) return;
    const { principal, from, requestId, audited } = context;
    const { jobs, count, reason } = audited;
    try {
      await this.#options.services.audit.record({
        at: new Date().toISOString(),
        actor: principal?.name ?? 'nobody',
        ...(principal === undefined ? {} : { keyId: principal.id }),
        via: principal?.via ?? 'nothing',
        act: route.act,
        ...(jobs === undefined || jobs.length === 0 ? {} : { jobs }),
        ...(count === undefined ? {} : { count }),
        ...(reason === undefined ? {} : { reason }),
        from,
        requestId,
        outcome,
      });
    } catch (error) {
      this.#options.log.error('audit log not written', { act: route.act, requestId, error: messageOf(error) });
    }
  }

  #problem(error: unknown, requestId: string, route: string): Response {
    const code = asJobError(error)?.code ?? 'internal';
    if (code === 'internal') {
      const stack = stackOf(error);
      this.#options.log.error('request failed', { requestId, route, error: messageOf(error), ...(stack === undefined ? {} : { stack }) });
    }
    return problemResponse(error, requestId);
  }
}

/** Reads whose last answer is worth showing while Temporal is away. */
function isReread({ kind, method, role }: Route): boolean {
  return kind === 'json' && method === 'GET' && role === 'viewer';
}
