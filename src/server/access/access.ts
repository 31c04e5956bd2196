/** Owns who is let in: the guards, the limits, and the ways to say who one is. */
import { ROLES } from '../../api/roles.ts';
import { JobError } from '../../contract/errors.ts';
import { TENANT_PATTERN } from '../../contract/tenant.ts';
import { type KeyCheck, KeyFile } from './keys.ts';
import type { Principal } from './principal.ts';
import { type Rate, RateLimit } from './rate-limit.ts';
import { checkHost, checkOrigin } from './request-guard.ts';
import { sessionIn, Sessions } from './sessions.ts';

/** Whoever a hook lets in. */
export type HookPrincipal = Pick<Principal, 'id' | 'name' | 'role' | 'tenant'>;

export interface AccessOptions {
  /** The data folder: keys, sessions, the audit log. */
  readonly folder: string;
  /** Whoever asks may do everything. For the loopback interface of a machine that is yours alone. @default false */
  readonly isOpen?: boolean;
  /** Says who sent a request that has no key and no session: your own users. Undefined: nobody it knows. */
  readonly authenticate?: (request: Request) => HookPrincipal | undefined | Promise<HookPrincipal | undefined>;
  /** Names that the server goes by, besides those of the loopback interface. @default any: whoever serves the requests knows */
  readonly hosts?: readonly string[];
  /** Requests of one key, and of one address. @default 500 a second, 1000 at once */
  readonly rate?: Rate;
}

export interface Asking {
  readonly request: Request;
  /** Address of the caller. */
  readonly from: string;
  readonly isMutating: boolean;
  /** False: the route needs nobody. */
  readonly isNeeded: boolean;
}

const USUAL_RATE: Rate = { perSecond: 500, burst: 1000 };
/** Wrong keys of one address. */
const GUESSES: Rate = { perSecond: 1, burst: 20 };
const BEARER = /^Bearer +(\S+)$/i;
const MAX_KEY_LENGTH = 200;
const EVERYBODY: Principal = { id: 'open', name: 'anybody', role: 'admin', via: 'open' };

export class Access {
  readonly keys: KeyFile;
  readonly sessions: Sessions;
  readonly #options: AccessOptions;
  readonly #addresses: RateLimit;
  readonly #callers: RateLimit;
  readonly #guesses = new RateLimit(GUESSES);

  constructor(options: AccessOptions) {
    this.#options = options;
    this.keys = new KeyFile(options.folder);
    this.sessions = new Sessions(options.folder);
    this.#addresses = new RateLimit(options.rate ?? USUAL_RATE);
    this.#callers = new RateLimit(options.rate ?? USUAL_RATE);
  }

  /**
   * Who sent the request; undefined for nobody.
   * @throws JobError `forbidden`, `too-many-requests`, `not-authenticated` for a key or session that is not valid
   */
  async admit(asking: Asking): Promise<Principal | undefined> {
    checkHost(asking.request.headers.get('host'), this.#options.hosts);
    limited(this.#addresses, asking.from, `The address ${asking.from}`);
    if (!asking.isNeeded) return undefined;
    const principal = await this.#identify(asking);
    if (principal !== undefined) limited(this.#callers, principal.id, `"${principal.name}"`);
    return principal;
  }

  /** A session for the holder of a key. @throws JobError `not-authenticated`, `too-many-requests` */
  async openSession(key: string, from: string): Promise<{ readonly principal: Principal; readonly session: string }> {
    const principal = await this.#holder(key, from);
    return { principal, session: await this.sessions.open(principal.id) };
  }

  async #identify({ request, from, isMutating }: Asking): Promise<Principal | undefined> {
    const { headers } = request;
    const sent = headers.get('authorization');
    if (sent !== null) return await this.#byKey(sent, from);
    const session = sessionIn(headers.get('cookie'));
    const keyId = session === undefined ? undefined : await this.sessions.keyIn(session);
    if (keyId !== undefined) {
      if (isMutating) checkOrigin(headers);
      return holderOf(await this.keys.holder(keyId));
    }
    return (await this.#byHook(request)) ?? (this.#options.isOpen === true ? EVERYBODY : undefined);
  }

  async #byKey(sent: string, from: string): Promise<Principal> {
    const [, key = ''] = BEARER.exec(sent.slice(0, MAX_KEY_LENGTH)) ?? [];
    return await this.#holder(key, from);
  }

  async #holder(key: string, from: string): Promise<Principal> {
    const check = await this.keys.verify(key);
    if ('why' in check && check.why === 'unknown') limited(this.#guesses, from, `The address ${from}`);
    return holderOf(check);
  }

  async #byHook(request: Request): Promise<Principal | undefined> {
    const { authenticate } = this.#options;
    const found = await authenticate?.(request);
    if (found === undefined) return undefined;
    const { id, name, role, tenant } = found;
    const isSound =
      typeof id === 'string' &&
      id !== '' &&
      typeof name === 'string' &&
      ROLES.includes(role) &&
      (tenant === undefined || TENANT_PATTERN.test(tenant));
    if (!isSound)
      throw new JobError('internal', 'The hook authenticate gave somebody without id, name and role, or of a tenant that is no name.');
    return { id: `hook:${id}`, name: name === '' ? id : name, role, via: 'hook', ...(tenant === undefined ? {} : { tenant }) };
  }
}

const WHY = {
  unknown: 'The key is not one of this server. Send "Authorization: Bearer <key>" with a key of "holdfast keys add".',
  expired: 'The key has expired. Make another with "holdfast keys add".',
  revoked: 'The key was revoked. Make another with "holdfast keys add".',
};

function holderOf(check: KeyCheck): Principal {
  if ('principal' in check) return check.principal;
  throw new JobError('not-authenticated', WHY[check.why]);
}

function limited(limit: RateLimit, caller: string, who: string): void {
  const seconds = limit.take(caller);
  if (seconds === 0) return;
  throw new JobError('too-many-requests', `${who} has sent too many requests. Wait ${Math.ceil(seconds)} s.`, {
    details: { retryAfterSeconds: seconds },
  });
}
