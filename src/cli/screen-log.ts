/** Owns how log lines of a worker are told to the person at the terminal, instead of as JSON. */
import { LOG_LEVELS, type Log, type LogLevel } from '../log.ts';
import type { Screen } from './screen.ts';
import { defused } from './text.ts';

/** A log that says its lines on the screen: those of `level` and above. */
export function screenLog(screen: Screen, level: LogLevel): Log {
  const line =
    (of: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (LOG_LEVELS.indexOf(of) >= LOG_LEVELS.indexOf(level))
        screen.say(screen.style(of === 'error' ? 'red' : 'yellow', textOf(of, message, fields)));
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

function textOf(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = facts.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ');
  return defused(`${level === 'warn' ? 'warning' : level}: ${message}${text === '' ? '' : ` (${text})`}`);
}
