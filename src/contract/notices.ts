/**
 * Owns what can be asked for about the end of a job: who is told, and of which ends. The notice itself is a job of its own, of the
 * type `send-notification`; that it is started is part of the job's own history.
 */
import { checkKeys, checkObject, checkText, invalidOption } from './options.ts';
import { addressProblem, MAX_RECIPIENTS, SETTING_NAME, urlProblem } from './receiver.ts';
import { TERMINAL_STATUSES, type TerminalStatus } from './snapshot.ts';

/** Told when the job has ended. Give `webhook`, `email`, or both. */
export interface NoticeOptions {
  /** Ends that are told: one, or a list of them. @default 'any' */
  readonly on?: TerminalStatus | 'any' | readonly TerminalStatus[];
  /** Is sent `{ type: 'job.completed', timestamp, data: { id, type, status, run, code } }`, signed. */
  readonly webhook?: {
    readonly url: string;
    /** Name of the signing secret in the settings of the worker that sends it. @default 'default' */
    readonly secret?: string;
  };
  /** Is sent a mail. */
  readonly email?: {
    /** One address, or 1–100. */
    readonly to: string | readonly string[];
    /** Name of the mail server in the worker's settings. @default 'default' */
    readonly server?: string;
    /** Name of a template there, with the values `id`, `type`, `status`, `code`, `endedAt`. @default one line that says so */
    readonly template?: string;
  };
  /** Queue whose workers send it. @default 'notifications' */
  readonly queue?: string;
}

/** Notice options, checked: as they travel with the job. */
export interface NoticePlan {
  readonly on: readonly TerminalStatus[];
  readonly webhook?: { readonly url: string; readonly secret?: string };
  readonly email?: { readonly to: readonly string[]; readonly server?: string; readonly template?: string };
  readonly queue?: string;
  /** Whose turn it is among the notices that wait: the receiver's. */
  readonly key?: string;
}

/** Where notifications wait, unless told otherwise: a queue of their own, so that a slow receiver holds up no other work. */
export const NOTIFICATIONS_QUEUE = 'notifications';
const NOTICE_KEYS = ['on', 'webhook', 'email', 'queue'];
const WEBHOOK_KEYS = ['url', 'secret'];
const EMAIL_KEYS = ['to', 'server', 'template'];
const MAX_NOTICES = 5;
const MAX_QUEUE_LENGTH = 200;
/** The server's limit is 64 bytes. */
const KEY = /^[\u0021-\u007e]{1,64}$/;

/**
 * The plans for one notice or a list of 0–5.
 * @throws JobError `invalid-options`
 */
export function noticePlans(notify: NoticeOptions | readonly NoticeOptions[]): readonly NoticePlan[] {
  const list: readonly NoticeOptions[] = Array.isArray(notify) ? notify : [notify];
  if (list.length > MAX_NOTICES) throw invalidOption('notify', `one notice or a list of at most ${MAX_NOTICES}`, notify);
  return list.map(noticePlan);
}

function noticePlan(notice: NoticeOptions): NoticePlan {
  checkKeys(notice, NOTICE_KEYS, 'keys of notify');
  const { webhook, email, queue } = notice;
  if (webhook === undefined && email === undefined) throw invalidOption('notify', 'given a webhook or an email', notice);
  return {
    on: endsOf(notice.on ?? 'any'),
    ...(webhook === undefined ? {} : { webhook: checkWebhook(webhook), ...keyOf(webhook.url) }),
    ...(email === undefined ? {} : { email: checkEmail(email) }),
    ...(queue === undefined ? {} : { queue: checkText(queue, 'notify.queue', MAX_QUEUE_LENGTH) }),
  };
}

function endsOf(on: NonNullable<NoticeOptions['on']>): readonly TerminalStatus[] {
  const ends: readonly unknown[] = on === 'any' ? TERMINAL_STATUSES : Array.isArray(on) ? on : [on];
  const known = TERMINAL_STATUSES.filter((status) => ends.includes(status));
  if (known.length > 0 && ends.every((end) => known.some((status) => status === end))) return known;
  throw invalidOption('notify.on', '"completed", "failed", "cancelled", a list of these, or "any"', on);
}

function checkWebhook(webhook: NonNullable<NoticeOptions['webhook']>): NonNullable<NoticePlan['webhook']> {
  checkKeys(webhook, WEBHOOK_KEYS, 'keys of notify.webhook');
  const problem = urlProblem(webhook.url);
  if (problem !== undefined) throw invalidOption('notify.webhook.url', `usable. ${problem}`, webhook.url);
  return { url: webhook.url, ...nameFact('secret', webhook.secret) };
}

function checkEmail(email: NonNullable<NoticeOptions['email']>): NonNullable<NoticePlan['email']> {
  checkKeys(email, EMAIL_KEYS, 'keys of notify.email');
  const to: readonly string[] = typeof email.to === 'string' ? [email.to] : email.to;
  checkList(to);
  const wrong = to.find((address) => addressProblem(address) !== undefined);
  if (wrong !== undefined) throw invalidOption('notify.email.to', `usable. ${addressProblem(wrong) ?? ''}`, wrong);
  const each = new Map(to.map((address) => [address.toLowerCase(), address]));
  return { to: [...each.values()], ...nameFact('server', email.server), ...nameFact('template', email.template) };
}

function checkList(to: unknown): void {
  const isList = Array.isArray(to) && to.length > 0 && to.length <= MAX_RECIPIENTS;
  if (!isList) throw invalidOption('notify.email.to', `one address or a list of 1 to ${MAX_RECIPIENTS}`, to);
}

function nameFact<K extends string>(key: K, name: string | undefined): { readonly [P in K]?: string } {
  if (name === undefined) return {};
  if (SETTING_NAME.test(checkText(name, `the ${key} of a notice`, 50))) return { [key]: name } as { [P in K]: string };
  throw invalidOption(`the ${key} of a notice`, 'a name of 1–50 of a–z 0–9 -', name);
}

function keyOf(url: string): { readonly key?: string } {
  const key = new URL(url).host.slice(0, 64);
  return KEY.test(key) ? { key } : {};
}

/** Plans that came over the wire: their shape. What is in them is checked when the notice is a job. @throws JobError `invalid-options` */
export function readNoticePlans(plans: readonly NoticePlan[]): readonly NoticePlan[] {
  if (!Array.isArray(plans) || plans.length > MAX_NOTICES) throw invalidOption('notify in run options', 'a list of notices', plans);
  return plans.map((plan: NoticePlan) => {
    checkObject(plan, 'a notice');
    const { on, webhook, email, queue, key } = plan;
    return {
      on: endsOf(on),
      ...(webhook === undefined ? {} : { webhook }),
      ...(email === undefined ? {} : { email }),
      ...(queue === undefined ? {} : { queue: checkText(queue, 'the queue of a notice', MAX_QUEUE_LENGTH) }),
      ...(typeof key === 'string' && KEY.test(key) ? { key } : {}),
    };
  });
}
