/**
 * Owns what the address of a receiver of notifications may look like, of a webhook and of a mail, and the names of what a worker
 * knows about it. Pure syntax: which network addresses a worker may call is decided where it calls them.
 */
import { show } from './options.ts';

/** The most recipients of one mail. */
export const MAX_RECIPIENTS = 100;
/** Of a secret, a mail server or a template in the worker's settings. */
export const SETTING_NAME = /^[a-z0-9][a-z0-9-]{0,49}$/;
/** What must not be in a line: control characters, and what some readers take for the end of one. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const NOT_IN_A_LINE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const MAX_URL_LENGTH = 2000;
/** The longest address and local part of RFC 5321. */
const MAX_ADDRESS_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;
/** URL parsers drop tabs and line ends without a word, and take a backslash for a slash. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE_CHARACTERS = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\\]/;
/** `dot-string@domain` of RFC 5321, in ASCII: no quoted names, no comments, no address literals, no list. */
const ADDRESS =
  /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

/** What is wrong with the URL of a webhook, as a sentence; undefined when its syntax is fine. */
export function urlProblem(url: unknown): string | undefined {
  const problem = typeof url === 'string' ? textProblem(url) : 'It is no text.';
  if (problem === undefined) return undefined;
  return `Expected url to be an https URL without user and fragment, got: ${show(url)}. ${problem}`;
}

function textProblem(text: string): string | undefined {
  if (text.length > MAX_URL_LENGTH) return `It is longer than ${MAX_URL_LENGTH} characters.`;
  if (UNSAFE_CHARACTERS.test(text)) return 'It has spaces, backslashes or control characters.';
  if (!/^https?:\/\/[^/]/i.test(text)) return 'Other protocols are not called.';
  if (text.includes('#')) return 'A fragment is not sent.';
  const url = parsed(text);
  if (url === undefined) return 'It is not a URL.';
  return url.username === '' && url.password === '' ? undefined : 'It carries a user or a password.';
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with the address of a mail, as a sentence; undefined when it is one address and nothing else. */
export function addressProblem(address: unknown): string | undefined {
  const isAddress =
    typeof address === 'string' &&
    address.length <= MAX_ADDRESS_LENGTH &&
    address.indexOf('@') <= MAX_LOCAL_LENGTH &&
    ADDRESS.test(address);
  if (isAddress) return undefined;
  return `Expected one plain mail address such as "ada@example.com", without a name around it, in ASCII, at most ${MAX_ADDRESS_LENGTH} characters, got: ${show(address)}.`;
}
