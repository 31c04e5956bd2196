/** Owns the calls of a program, a browser included, to a Holdfast server: typed by the table of routes. */
import type { z } from 'zod';
import { JobError, messageOf } from '../contract/errors.ts';
import { errorOf } from './problem.ts';
import type { RouteAnswer, RouteName, RouteRequest } from './routes.ts';
import { routes } from './routes.ts';

export interface ApiClientOptions {
  /** Where the server is, with the path it is mounted at: `https://jobs.example/holdfast`. */
  readonly url: string;
  /** A key of `holdfast keys add`. @default none: the cookie of the browser's session */
  readonly key?: string | undefined;
  /** @default the global one */
  readonly fetch?: typeof fetch;
  /** Longest wait for an answer, in milliseconds; more where the request itself says how long to wait. @default 30 000 */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Time that the server may take on purpose, beside the time limit. In milliseconds. @default 0 */
  readonly waitMs?: number;
  /** The body of a route that takes a document a line. */
  readonly lines?: ReadableStream<Uint8Array>;
}

/** The parts of a request that a route has; those without content may be left out. */
export type CallRequest<K extends RouteName> = Partial<RouteRequest<K>>;

const DEFAULT_TIMEOUT_MS = 30_000;

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #base: string;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
  }

  /**
   * Calls a route that answers with one JSON document.
   * @throws JobError of the problem's code; `unavailable` when the server does not answer
   * @example const { jobs } = await api.call('listJobs', { query: { status: 'failed' } });
   */
  async call<K extends RouteName>(name: K, request: CallRequest<K> = {}, options: CallOptions = {}): Promise<RouteAnswer<K>> {
    const response = await this.open(name, request, options);
    return (await readJson(response, name)) as RouteAnswer<K>;
  }

  /** The answer of a route as it comes, for streams. @throws JobError as `call` does */
  async open<K extends RouteName>(name: K, request: CallRequest<K> = {}, options: CallOptions = {}): Promise<Response> {
    const { method } = routes[name];
    const { body } = request;
    const response = await this.#send(name, this.url(name, request), {
      method,
      headers: { ...this.headers(), ...headersOf(options, body !== undefined) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A body that is made while it is sent.
      ...(options.lines === undefined ? {} : { body: options.lines, duplex: 'half' }),
      signal: this.#limit(options),
    });
    if (response.ok) return response;
    throw errorOf(response.status, await response.json().catch(() => undefined), name);
  }

  /** The address of a call. */
  url<K extends RouteName>(name: K, { params, query }: CallRequest<K> = {}): string {
    const path = routes[name].path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => encodeURIComponent(String(fieldIn(params, key))));
    const search = new URLSearchParams(
      Object.entries(query ?? {}).flatMap(([key, value]) =>
        value === undefined ? [] : [value].flat().map((one) => [key, one] as [string, string]),
      ),
    ).toString();
    return `${this.#base}${path}${search === '' ? '' : `?${search}`}`;
  }

  /** What says who calls. */
  headers(): Record<string, string> {
    return this.#options.key === undefined ? {} : { authorization: `Bearer ${this.#options.key}` };
  }

  get fetch(): typeof fetch {
    return this.#options.fetch ?? fetch;
  }

  async #send(name: string, url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(url, init);
    } catch (error) {
      // Whoever calls has stopped it: that is what they are told.
      if (init.signal?.aborted === true && !isTimeout(init.signal.reason)) throw init.signal.reason;
      throw new JobError(
        'unavailable',
        `The Holdfast server at ${this.#base} does not answer (${name}): ${causeOf(error)}. Start it, or correct the address.`,
        {
          cause: error,
          details: { url: this.#base },
        },
      );
    }
  }

  #limit({ signal, waitMs = 0 }: CallOptions): AbortSignal {
    const limit = AbortSignal.timeout((this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + waitMs);
    return signal === undefined ? limit : AbortSignal.any([signal, limit]);
  }
}

function headersOf({ idempotencyKey, lines }: CallOptions, hasBody: boolean): Record<string, string> {
  return {
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(lines === undefined ? {} : { 'content-type': 'application/x-ndjson' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

function fieldIn(params: unknown, key: string): unknown {
  return (params as Readonly<Record<string, unknown>> | undefined)?.[key];
}

async function readJson(response: Response, name: string): Promise<z.infer<z.ZodUnknown>> {
  try {
    return await response.json();
  } catch (error) {
    throw new JobError('unavailable', `The answer to ${name} broke off or is no JSON. Ask again.`, { cause: error });
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/** Node's fetch says "fetch failed" and keeps the reason below. */
function causeOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return messageOf(cause ?? error);
}
