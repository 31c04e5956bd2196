/** Owns what handlers work with: who calls, and the parts of the server. No handler knows of HTTP. */
import type { RouteAnswer, RouteInput, RouteName, Routes } from '../api/routes.ts';
import type { Jobs } from '../client.ts';
import { JobError } from '../contract/errors.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';
import type { Access } from './access/access.ts';
import type { AuditLog } from './access/audit.ts';
import type { Principal } from './access/principal.ts';
import type { ContractBook } from './contract-book.ts';
import type { Downloads } from './downloads.ts';
import type { Metrics } from './metrics.ts';
import type { Operations } from './operations/operations.ts';

/** The parts of the server. */
export interface Services {
  readonly jobs: Jobs;
  readonly contracts: ContractBook;
  readonly access: Access;
  readonly operations: Operations;
  /** Undefined: the server knows no folder of exports. */
  readonly downloads: Downloads | undefined;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly version: string;
  /** What the paths of the API stand under; `''` at the top. */
  readonly basePath: string;
}

/** One call. */
export interface CallContext extends Services {
  /** Undefined where no key is needed. */
  readonly principal: Principal | undefined;
  readonly requestId: string;
  /** Address of the caller. */
  readonly from: string;
  readonly url: URL;
  /** Fires when the caller is gone. */
  readonly signal: AbortSignal;
  readonly headers: Headers;
  /** What the handler wants kept in the audit log beside what is known of the call. */
  readonly audited: { jobs?: readonly string[]; count?: number; reason?: string | undefined };
  /** Headers of the answer, such as a cookie. */
  readonly answerHeaders: Headers;
}

/** An event of a stream. */
export interface LiveEvent {
  /** `<job>:<version>`. */
  readonly id: string;
  readonly job: JobSnapshot;
}

/** A file to be saved. */
export interface FileAnswer {
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

type AnswerOf<K extends RouteName> = {
  json: RouteAnswer<K>;
  events: AsyncIterable<LiveEvent>;
  lines: AsyncIterable<RouteAnswer<K>>;
  text: string;
  file: FileAnswer;
}[Routes[K]['kind']];

/** What a route does: input that has been checked becomes an answer. @throws JobError what the caller is told */
export type Handler<K extends RouteName> = (input: RouteInput<K>, context: CallContext) => Promise<AnswerOf<K>> | AnswerOf<K>;
export type Handlers<K extends RouteName> = { readonly [Name in K]: Handler<Name> };

/** Who calls, on a route that needs to know. */
export function callerOf({ principal }: CallContext): Principal {
  if (principal === undefined) throw new JobError('not-authenticated');
  return principal;
}

/** The tenant of the caller; whoever has none may name one. */
export function tenantOfAdd(named: string | undefined, context: CallContext): string | undefined {
  const { tenant, name } = callerOf(context);
  if (tenant === undefined || named === undefined || named === tenant) return tenant ?? named;
  throw new JobError('forbidden', `"${name}" is a key of the tenant ${tenant}, and adds jobs of that tenant only, not of ${named}.`);
}
