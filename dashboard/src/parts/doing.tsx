/** Owns the line that says what a job is doing. Every list and the job's own page show the same. */
import { answerOf, etaText, percentText } from '../../../src/contract/answer.ts';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { useNow } from './time.tsx';

export function ProgressBar({ percent, name }: { readonly percent: number; readonly name: string }) {
  return (
    <span
      className="bar"
      role="progressbar"
      aria-label={name}
      aria-valuenow={Math.floor(percent)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={percentText(percent)}
    >
      <i style={{ width: `${percent}%` }} />
    </span>
  );
}

export function Doing({ job }: { readonly job: JobSnapshot | undefined }) {
  const now = Math.max(useNow(), Date.now());
  if (job === undefined) return <span className="soft">…</span>;
  const text = answerOf(job, now);
  if (job.status === 'processing' && job.progress !== null) return <Moving job={job} text={text} now={now} />;
  return (
    <span className="doing">
      <span className="cut" title={job.waitingFor?.sentence ?? text}>
        {text}
      </span>
    </span>
  );
}

/** The bar says how far; when it is done comes before what is being done, which gives way where there is little room. */
function Moving({ job, text, now }: { readonly job: JobSnapshot; readonly text: string; readonly now: number }) {
  const percent = job.progress?.percent ?? 0;
  const until = etaText(job, now);
  return (
    <span className="doing" title={text}>
      <ProgressBar percent={percent} name={`Progress of ${job.type} ${job.id}`} />
      <span className="strong nowrap">{percentText(percent)}</span>
      {until !== undefined && <span className="nowrap">{until}</span>}
      <span className="cut soft">{job.progress?.message ?? ''}</span>
    </span>
  );
}
