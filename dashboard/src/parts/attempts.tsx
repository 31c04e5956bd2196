/** Owns what became of a job's attempts, the newest first. */
import { Button } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { durationText } from '../format.ts';
import { copy } from './copy.ts';
import { Ago } from './time.tsx';

const WORDS = {
  failed: 'failed',
  'timed-out': 'took too long',
  shutdown: 'was given back: its worker was shut down',
  died: 'was lost: its worker died',
} as const;

export function Attempts({ job }: { readonly job: JobSnapshot }) {
  if (job.attempts.length === 0) return null;
  const newest = job.attempts.toReversed();
  return (
    <section className="card" aria-label="Attempts">
      <h2>Attempts that did not complete it</h2>
      {newest.map((record, index) => (
        <details key={`${record.attempt} ${record.endedAt ?? index}`} open={index === 0}>
          <summary>
            <strong>
              Attempt {record.attempt} {WORDS[record.outcome]}
            </strong>{' '}
            <span className="soft">
              {record.startedAt !== undefined && <Ago at={record.startedAt} />}
              {record.startedAt !== undefined &&
                record.endedAt !== undefined &&
                `, after ${durationText(Date.parse(record.endedAt) - Date.parse(record.startedAt))}`}
              {record.worker === undefined ? '' : ` · on ${record.worker}`}
            </span>
          </summary>
          {/* The error of a failed job is its answer already. */}
          {(job.status !== 'failed' || index > 0) && <p style={{ overflowWrap: 'anywhere' }}>{record.error.message}</p>}
          <p className="soft small">code {record.error.code}</p>
          {record.error.stack !== undefined && <Stack text={record.error.stack} />}
        </details>
      ))}
    </section>
  );
}

/** Frames of libraries are pale. */
function Stack({ text }: { readonly text: string }) {
  return (
    <>
      <pre className="stack" tabIndex={0} role="group" aria-label="Stack">
        {text.split('\n').map((line, index) => (
          <span key={index} className={/node_modules|node:|holdfast\/dist|dist\/activities|^\s+at async Promise/.test(line) ? 'soft' : ''}>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
      <Button variant="subtle" leftSection={<IconCopy size={14} />} onClick={() => void copy(text, 'Stack')}>
        Copy stack
      </Button>
    </>
  );
}
