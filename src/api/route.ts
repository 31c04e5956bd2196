/**
 * Owns what a route of the API is: everything that routing, the checks, the OpenAPI description, the clients and the table of
 * permissions have to know about it. Pure; browsers load it.
 */
import { z } from 'zod';
import type { ErrorCode } from '../contract/errors.ts';
import type { Role } from './roles.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** Parameters arrive as texts: of the path, decoded, or of the query. */
export type RouteParameters = z.ZodObject<Record<string, z.ZodType>>;

/** How a route answers when all is well. */
export type AnswerKind =
  /** One JSON document. */
  | 'json'
  /** Server-sent events, each with a JSON document. */
  | 'events'
  /** A JSON document a line. */
  | 'lines'
  /** Text. */
  | 'text'
  /** A file to be saved. */
  | 'file';

export type BodyKind = 'json' | 'lines';

export interface RouteDefinition<
  Params extends RouteParameters,
  Query extends RouteParameters,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  readonly method: Method;
  /** `{name}` stands for a parameter of the path. */
  readonly path: `/${string}`;
  readonly tag:
    | 'Jobs'
    | 'Batches'
    | 'Live events'
    | 'Operations'
    | 'Queues and statistics'
    | 'Job types'
    | 'Downloads'
    | 'Access'
    | 'Service';
  readonly summary: string;
  readonly description?: string;
  /** The lowest role that may call it; `anyone` needs no key. */
  readonly role: Role | 'anyone';
  /** False: a key of a tenant may not call it, for it tells of everybody's jobs. @default true */
  readonly forTenants?: false;
  /** What the audit log calls it. Absent: it changes nothing. */
  readonly act?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** `lines`: the body is a JSON document a line, and is worked on while it arrives. @default 'json' */
  readonly bodyKind?: BodyKind;
  /** @default 'json' */
  readonly kind?: AnswerKind;
  /** Schema of the JSON answer, of one event, of one line. */
  readonly answer: Answer;
  /** @default 200 */
  readonly status?: 200 | 201 | 202;
  /** Where the new resource is: a path with `{…}` for fields of the answer. */
  readonly location?: `/${string}`;
  /** It takes the header `Idempotency-Key`. */
  readonly isIdempotent?: true;
  /** Codes of its own problems, besides those that every route has. */
  readonly problems?: readonly ErrorCode[];
}

export interface Route<
  Params extends RouteParameters = RouteParameters,
  Query extends RouteParameters = RouteParameters,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> extends Required<Pick<RouteDefinition<Params, Query, Body, Answer>, 'method' | 'path' | 'tag' | 'summary' | 'role' | 'answer'>> {
  readonly description: string | undefined;
  readonly isForTenants: boolean;
  readonly act: string | undefined;
  readonly params: Params;
  readonly query: Query;
  /** Undefined: it takes no body. */
  readonly body: Body | undefined;
  readonly bodyKind: BodyKind;
  readonly kind: AnswerKind;
  readonly status: 200 | 201 | 202;
  readonly location: string | undefined;
  readonly isIdempotent: boolean;
  readonly problems: readonly ErrorCode[];
}

const NONE = z.strictObject({});
type None = typeof NONE;

/** The route, its defaults filled in. */
export function route<
  Answer extends z.ZodType,
  Params extends RouteParameters = None,
  Query extends RouteParameters = None,
  Body extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Params, Query, Body, Answer>): Route<Params, Query, Body, Answer> {
  const { params, query, body, description, act, location, forTenants, ...given } = definition;
  return {
    kind: 'json',
    bodyKind: 'json',
    status: 200,
    problems: [],
    ...given,
    isForTenants: forTenants ?? true,
    isIdempotent: definition.isIdempotent ?? false,
    params: params ?? (NONE as unknown as Params),
    query: query ?? (NONE as unknown as Query),
    body,
    description,
    act,
    location,
  };
}
