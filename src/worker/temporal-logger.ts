/** Owns how log lines of the Temporal SDK reach the user's log: warnings and errors, without those that Holdfast writes itself. */
import { DefaultLogger, type Logger } from '@temporalio/worker';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';

/** Said by the handler wrapper, once, with what happens next. */
const SAID_BY_US = new Set(['Activity failed', 'Activity completed as cancelled', 'Workflow failed']);

/** A logger for the SDK that writes to `log`. */
export function temporalLogger(log: Log): Logger {
  return new DefaultLogger('WARN', ({ level, message, meta }) => {
    if (SAID_BY_US.has(message)) return;
    const fields = {
      ...(meta?.['error'] === undefined ? {} : { error: messageOf(meta['error']) }),
      workflowId: meta?.['workflowId'] as unknown,
    };
    if (level === 'ERROR') log.error(`temporal: ${message}`, fields);
    else log.warn(`temporal: ${message}`, fields);
  });
}
