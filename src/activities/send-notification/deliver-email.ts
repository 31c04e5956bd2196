/**
 * Owns the step `deliver-email`: one mail to one recipient through a mail server of the worker's settings, and what its answer means.
 *
 * 1. Each attempt sends the same mail: Message-ID, date and boundaries follow from the event and the recipient.
 * 2. To another machine a mail goes through TLS, with a certificate that holds, or not at all.
 * 3. Subject, addresses and texts are checked when they are filled: none of them starts a header or a second mail.
 */
import { createHash } from 'node:crypto';
import type { SendMailOptions, SMTPTransportOptions } from 'nodemailer';
import type { ParsedInputOf } from '../../contract/define-job.ts';
import { fieldOf, JobError, messageOf } from '../../contract/errors.ts';
import { fillHtml, fillText } from '../../jobs/mail-template.ts';
import { type deliverEmail, partsProblem } from '../../jobs/send-notification.ts';
import type { Handler } from '../handle.ts';
import { type Answer, deliver, shown } from './delivery.ts';
import type { Receivers } from './receivers.ts';
import { configured, type MailTemplate, type Notifying, type SmtpTarget } from './settings.ts';

type Input = ParsedInputOf<typeof deliverEmail>;

const CONNECT_TIMEOUT_MS = 5000;
const SHOWN_LENGTH = 200;
/** Commands whose refusal is about this mail; one of any other is about the server, its login, or now. */
const ABOUT_THE_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

/** The handler, over the worker's settings. A mail server is a receiver like any other. */
export function emailDelivery(settings: Notifying, receivers: Receivers): Handler<typeof deliverEmail> {
  return async (input, context) => {
    const target = configured(settings.mailServers, input.server, 'mail server');
    const message = messageFor(input, target, partsOf(input, settings));
    const place = receivers.enter(`mail server ${target.host}:${target.port}`);
    return await deliver({ context, place, timeoutMs: settings.timeoutMs }, (signal) => send(target, { ...message, signal }));
  };
}

function partsOf(input: Input, { templates }: Notifying): MailTemplate {
  const { template, subject = '', text = '', html } = input;
  const parts = template === undefined ? { subject, text, html } : configured(templates, template, 'template');
  const problem = partsProblem(parts, input.values);
  if (problem !== undefined) throw new JobError('invalid-input', problem);
  return {
    subject: fillText(parts.subject, input.values),
    text: fillText(parts.text, input.values),
    ...(parts.html === undefined ? {} : { html: fillHtml(parts.html, input.values) }),
  };
}

function messageFor({ event, to, timestamp, replyTo }: Input, { from }: SmtpTarget, parts: MailTemplate): SendMailOptions {
  const digest = createHash('sha256').update(`${event}\n${to}`).digest('hex').slice(0, 32);
  return {
    ...parts,
    from,
    to: { name: '', address: to },
    // Who it goes to is not for a header to say.
    envelope: { from: from.address, to: [to] },
    ...(replyTo === undefined ? {} : { replyTo: { name: '', address: replyTo } }),
    messageId: `<${digest}@${from.address.slice(from.address.indexOf('@') + 1)}>`,
    date: new Date(timestamp),
    baseBoundary: digest,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** nodemailer is loaded late: a process that sends no mail does not pay for it. */
async function send(target: SmtpTarget, message: SendMailOptions): Promise<Answer> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOf(target));
  try {
    const { response } = await transport.sendMail(message);
    return { status: codeIn(response), text: response };
  } catch (error) {
    return { status: codeIn(fieldOf(error, 'response')), text: textOf(fieldOf(error, 'response')), failure: failureOf(error) };
  } finally {
    transport.close();
  }
}

function transportOf({ host, port, isImplicitTls, isLoopback, auth, ca }: SmtpTarget): SMTPTransportOptions {
  return {
    host,
    port,
    secure: isImplicitTls,
    // What stays on this machine is not encrypted, whatever the server offers: it has seldom a certificate that holds.
    ...(isLoopback ? { ignoreTLS: true } : { requireTLS: true }),
    ...(auth === undefined ? {} : { auth }),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** A 5xx about the mail is final; a 4xx, and all that is wrong with the server or on the way to it, is tried again. */
function failureOf(error: unknown): Error {
  const command = fieldOf(error, 'command');
  const responseCode = fieldOf(error, 'responseCode');
  const answer = shown(textOf(fieldOf(error, 'response')) || messageOf(error), SHOWN_LENGTH);
  const isRefused = typeof responseCode === 'number' && responseCode >= 500;
  if (isRefused && typeof command === 'string' && ABOUT_THE_MAIL.has(command))
    return new JobError('mail-rejected', `The mail server refused the mail: ${answer}`);
  // Of the mail itself: too large for the server, or one that cannot be written.
  if (['EENVELOPE', 'EMESSAGE'].includes(String(fieldOf(error, 'code'))) && responseCode === undefined)
    return new JobError('mail-rejected', `The mail cannot be sent: ${answer}`);
  if (fieldOf(error, 'code') === 'EAUTH')
    return new JobError('not-configured', `The mail server refused the login of this worker: ${answer}`);
  return new JobError('receiver-unavailable', `The mail server did not take the mail: ${answer}`);
}

function textOf(response: unknown): string {
  return typeof response === 'string' ? response : '';
}

/** The reply code at the start of an SMTP answer. */
function codeIn(response: unknown): number | null {
  const [code] = /^\d{3}\b/.exec(textOf(response)) ?? [];
  return code === undefined ? null : Number(code);
}
