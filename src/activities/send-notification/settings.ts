/**
 * Owns what a worker knows for its notifications and a job only names: signing secrets, mail servers with their logins, templates,
 * internal hosts that may be called. Inputs are kept in the history, so none of it may stand there.
 */
import { isIP } from 'node:net';
import { type Environment, loadConfig, processEnvironment } from '../../config.ts';
import { type Duration, toMs } from '../../contract/duration.ts';
import { JobError, messageOf } from '../../contract/errors.ts';
import { checkInteger, checkKeys, checkText, invalidOption, show } from '../../contract/options.ts';
import { addressProblem, SETTING_NAME } from '../../contract/receiver.ts';
import { Snooze } from '../handler-errors.ts';
import { type AllowedHosts, allowedHosts } from './allowed-hosts.ts';
import type { Resolve } from './guarded-connect.ts';

/** A mail server that takes mails for delivery. */
export interface MailServer {
  /** `smtps://user:password@host` (TLS, port 465) or `smtp://…` (STARTTLS, port 587). Only on loopback goes it without TLS. */
  readonly url: string;
  /** The sender: `no-reply@shop.example` or `The Shop <no-reply@shop.example>`. */
  readonly from: string;
  /** Certificate authority of the server, as PEM. @default those that Node knows */
  readonly ca?: string;
}

/** A mail with placeholders, `{{name}}`. In `html` their values are escaped. */
export interface MailTemplate {
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

export interface NotificationSettings {
  /**
   * Signing secrets by name, `whsec_` and 24–64 bytes in base64. Several of one name: each signs, so that receivers can change from
   * one to the next. Unless a webhook names another, `default` signs.
   * @default `HOLDFAST_WEBHOOK_SECRET` (`default`) and `HOLDFAST_WEBHOOK_SECRET_<NAME>`; several with spaces between them
   */
  readonly webhookSecrets?: Readonly<Record<string, string | readonly string[]>>;
  /** Mail servers by name. @default `HOLDFAST_SMTP_URL` and `HOLDFAST_MAIL_FROM` (`default`), and both with `_<NAME>` */
  readonly mailServers?: Readonly<Record<string, MailServer>>;
  /** Mails by name. @default none */
  readonly templates?: Readonly<Record<string, MailTemplate>>;
  /**
   * Internal hosts that webhooks may call all the same, and call without TLS: `name`, `name:port`, an address, `address/bits`.
   * @default `HOLDFAST_WEBHOOK_ALLOW`, with spaces between them; else none
   */
  readonly allowedHosts?: readonly string[];
  /** Deliveries to one receiver (host and port) at the same time in this process, 1–1000. @default 2 */
  readonly perReceiver?: number;
  /** Longest time for one delivery, 1–60 s. @default '15s' */
  readonly timeout?: Duration;
  /** How the addresses of a host are looked up. @default the system's resolver */
  readonly resolve?: Resolve;
  /** Where the defaults come from. @default the environment of the process */
  readonly env?: Environment;
}

/** A mail server as it is connected to. */
export interface SmtpTarget {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly isImplicitTls: boolean;
  /** On another machine mails go through TLS or not at all. */
  readonly isLoopback: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
  readonly from: { readonly name: string; readonly address: string };
  readonly ca: string | undefined;
}

/** Settings, checked. */
export interface Notifying {
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  readonly mailServers: ReadonlyMap<string, SmtpTarget>;
  readonly templates: ReadonlyMap<string, MailTemplate>;
  readonly isAllowed: AllowedHosts;
  readonly perReceiver: number;
  readonly timeoutMs: number;
  readonly resolve: Resolve | undefined;
}

const SETTING_KEYS = ['webhookSecrets', 'mailServers', 'templates', 'allowedHosts', 'perReceiver', 'timeout', 'resolve', 'env'];
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const FROM = /^(?:([^<>"\\]{1,100}?)\s*<([^<>]+)>|([^<>]+))$/;
const MAX_PER_RECEIVER = 1000;
/** How often workers are asked for what they do not have. */
const ASKED_AGAIN_MS = 5000;

/**
 * The settings with what the environment adds; what is given goes before it, name by name.
 * @throws JobError `invalid-config`, `invalid-options`; no message has a secret in it
 */
export function notifying(settings: NotificationSettings = {}): Notifying {
  checkKeys(settings, SETTING_KEYS, 'notification settings');
  const { notifications } = loadConfig(settings.env ?? processEnvironment());
  const timeoutMs = toMs(settings.timeout ?? '15s', 'timeout');
  if (timeoutMs < 1000 || timeoutMs > 60_000) throw invalidOption('timeout', 'between 1 s and 60 s', settings.timeout);
  return {
    secrets: named('a webhook secret', { ...notifications.webhookSecrets, ...settings.webhookSecrets }, secretsOf),
    mailServers: named('a mail server', { ...notifications.mailServers, ...settings.mailServers }, smtpTarget),
    templates: named('a template', { ...settings.templates }, templateOf),
    isAllowed: allowedHosts(settings.allowedHosts ?? notifications.allowedHosts),
    perReceiver: checkInteger(settings.perReceiver ?? 2, 'perReceiver', { min: 1, max: MAX_PER_RECEIVER }),
    timeoutMs,
    resolve: settings.resolve,
  };
}

/** What jobs name, and the variables that can hold it. */
const VARIABLES = { 'webhook secret': 'HOLDFAST_WEBHOOK_SECRET', 'mail server': 'HOLDFAST_SMTP_URL', template: undefined } as const;

/**
 * What a job names.
 * @throws Snooze when the worker does not have it: that is no failure of the receiver's, and another worker may have it, or this
 *   one after a restart. The job waits for as long as it takes, and says for what.
 */
export function configured<T>(known: ReadonlyMap<string, T>, name: string, what: keyof typeof VARIABLES): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  const names = known.size === 0 ? 'none' : [...known.keys()].join(', ');
  const ending = name === 'default' ? '' : `_${name.toUpperCase().replaceAll('-', '_')}`;
  const variable = VARIABLES[what];
  const where = variable === undefined ? 'Add it to' : `Set ${variable}${ending}, or add it to`;
  throw new Snooze(
    ASKED_AGAIN_MS,
    `This worker has no ${what} "${name}"; it has: ${names}. ${where} the settings of the worker, and start it again.`,
  );
}

function named<In, Out>(
  what: string,
  given: Readonly<Record<string, In>>,
  read: (name: string, value: In) => Out,
): ReadonlyMap<string, Out> {
  const entries = Object.entries(given).map(([name, value]) => {
    if (SETTING_NAME.test(name)) return [name, read(name, value)] as const;
    throw new JobError('invalid-config', `Expected the name of ${what} to be 1–50 of a–z 0–9 -, got: ${show(name)}.`);
  });
  return new Map(entries);
}

function secretsOf(name: string, given: string | readonly string[]): readonly string[] {
  const secrets = typeof given === 'string' ? given.split(/[\s,]+/).filter((text) => text !== '') : given;
  if (secrets.length > 0 && secrets.every(isSecret)) return secrets;
  throw new JobError('invalid-config', `Expected each webhook secret "${name}" to be "whsec_" and 24 to 64 bytes in base64.`);
}

function isSecret(secret: unknown): boolean {
  const [, encoded] = typeof secret === 'string' ? (SECRET.exec(secret) ?? []) : [];
  const { length } = Buffer.from(encoded ?? '', 'base64');
  return length >= 24 && length <= 64;
}

function smtpTarget(name: string, server: MailServer): SmtpTarget {
  checkKeys(server, ['url', 'from', 'ca'], `settings of the mail server "${name}"`);
  const url = smtpUrl(name, server.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isImplicitTls = url.protocol === 'smtps:';
  return {
    host,
    port: Number(url.port) || (isImplicitTls ? 465 : 587),
    isImplicitTls,
    isLoopback: host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.')),
    auth: url.username === '' ? undefined : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    from: senderOf(name, server.from),
    ca: server.ca,
  };
}

function smtpUrl(name: string, text: string): URL {
  try {
    const url = new URL(text);
    const isPlain = ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
    if (/^smtps?:$/.test(url.protocol) && url.hostname !== '' && isPlain) return url;
  } catch {
    // Said below, without the text: it may hold a password.
  }
  throw new JobError(
    'invalid-config',
    `Expected the url of the mail server "${name}" to be smtp://… or smtps://… with user, password, host and port.`,
  );
}

function senderOf(name: string, from: string): SmtpTarget['from'] {
  try {
    const [, display = '', inBrackets, alone] = FROM.exec(checkText(from, 'from', 400)) ?? [];
    const address = inBrackets ?? alone;
    const problem = addressProblem(address);
    if (problem === undefined && address !== undefined) return { name: display, address };
    throw new Error(problem);
  } catch (error) {
    throw new JobError('invalid-config', `The sender of the mail server "${name}" is not usable. ${messageOf(error)}`);
  }
}

function templateOf(name: string, template: MailTemplate): MailTemplate {
  checkKeys(template, ['subject', 'text', 'html'], `parts of the template "${name}"`);
  const { subject, text, html } = template;
  if (typeof subject === 'string' && typeof text === 'string' && (html === undefined || typeof html === 'string')) return template;
  throw new JobError('invalid-config', `Expected the template "${name}" to have subject and text, and html if you like, as texts.`);
}
