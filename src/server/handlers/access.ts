/** Owns the routes of access: sessions, keys, the audit log. */
import type { Duration } from '../../contract/duration.ts';
import { JobError } from '../../contract/errors.ts';
import type { Principal } from '../access/principal.ts';
import { sessionCookie } from '../access/sessions.ts';
import { type CallContext, callerOf, type Handlers } from '../context.ts';

type AccessRoute = 'whoAmI' | 'logIn' | 'followLogin' | 'logOut' | 'listKeys' | 'createKey' | 'revokeKey' | 'readAudit';

const DEFAULT_LIMIT = 50;
const DONE = { done: true } as const;

export const accessHandlers: Handlers<AccessRoute> = {
  whoAmI(_input, context) {
    return shown(callerOf(context));
  },

  async logIn({ body }, context) {
    return 'token' in body ? await logIn(body.token, context) : await logInByKey(body.key, context);
  },

  async followLogin({ params: { token } }, context) {
    return await logIn(token, context);
  },

  logOut(_input, context) {
    context.answerHeaders.set('set-cookie', sessionCookie(undefined, isSecure(context)));
    return DONE;
  },

  async listKeys(_input, { access }) {
    return { keys: await access.keys.list() };
  },

  async createKey({ body: { name, role, tenant, expiresIn } }, { access }) {
    return await access.keys.create({
      name,
      role,
      ...(tenant === undefined ? {} : { tenant }),
      ...(expiresIn === undefined ? {} : { expiresIn: expiresIn as Duration }),
    });
  },

  async revokeKey({ params: { id } }, { access }) {
    await access.keys.revoke(id);
    return DONE;
  },

  async readAudit({ query: { limit = DEFAULT_LIMIT, ...filter } }, { audit }) {
    return { entries: await audit.read({ limit, ...filter }) };
  },
};

async function logIn(token: string, context: CallContext) {
  const { access } = context;
  const { keyId, session } = await access.sessions.exchange(token);
  const check = await access.keys.holder(keyId);
  if ('why' in check)
    throw new JobError('not-authenticated', `The key of the login link is ${check.why}. Make another with "holdfast keys login".`);
  context.answerHeaders.set('set-cookie', sessionCookie(session, isSecure(context)));
  return shown(check.principal);
}

async function logInByKey(key: string, context: CallContext) {
  const { principal, session } = await context.access.openSession(key, context.from);
  context.answerHeaders.set('set-cookie', sessionCookie(session, isSecure(context)));
  return shown(principal);
}

function shown({ name, role, tenant, via }: Principal) {
  return { name, role, via, ...(tenant === undefined ? {} : { tenant }) };
}

function isSecure({ url }: CallContext): boolean {
  return url.protocol === 'https:';
}
