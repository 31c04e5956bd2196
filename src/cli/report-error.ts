/** Owns what a person sees of an error that ends a command: one message with the next step; the stack on demand. */
import { inspect } from 'node:util';
import { asJobError, messageOf } from '../contract/errors.ts';
import { defused, type Style } from './text.ts';

export interface ReportOptions {
  /** With stack, code, details and causes. */
  readonly isVerbose: boolean;
  readonly style: Style;
}

/** The text for an error, without the last newline. */
export function errorReport(error: unknown, { isVerbose, style }: ReportOptions): string {
  const known = asJobError(error);
  const start = style('red', 'error:');
  if (isVerbose) return `${start} ${multiLine(inspect(error))}`;
  if (known !== undefined) return `${start} ${multiLine(known.message)}`;
  return `${start} ${multiLine(messageOf(error))}\nThis was not expected. Run the command again with --verbose to see where it comes from.`;
}

function multiLine(text: string): string {
  return text
    .split('\n')
    .map((line) => /^ */.exec(line)?.[0] + defused(line))
    .join('\n');
}
