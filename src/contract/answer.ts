/**
 * Owns the one line that a list shows of a job: what it is doing, why it is not running, or what became of it. At most 90 characters,
 * the most useful word first, and short times instead of dates. Pure; every list of the dashboard shows it.
 */
import { formatMs } from './duration.ts';
import { isTerminal, type JobSnapshot, type WaitingFor } from './snapshot.ts';

const LONGEST = 90;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Ends of a range are rounded outward to these, in seconds and then in minutes. */
const STEPS = [1, 2, 3, 5, 10, 15, 20, 30, 45] as const;
const FEW_SECONDS_MS = 10_000;

/** What an answer is made of. */
export type Answerable = Pick<
  JobSnapshot,
  | 'status'
  | 'progress'
  | 'waitingFor'
  | 'eta'
  | 'attempt'
  | 'maxAttempts'
  | 'error'
  | 'cancelReason'
  | 'cancelledBy'
  | 'startedAt'
  | 'endedAt'
  | 'runAt'
  | 'addedAt'
>;

/** The line, seen at `now` (ms since 1970). @example answerOf(job, Date.now()) // 'Reading rows, 62 % · done in 3–7 min' */
export function answerOf(job: Answerable, now: number): string {
  const answer = sentenceOf(job, now);
  return answer.length > LONGEST ? `${answer.slice(0, LONGEST - 1).trimEnd()}…` : answer;
}

function sentenceOf(job: Answerable, now: number): string {
  if (isTerminal(job.status)) return outcomeOf(job);
  const { waitingFor } = job;
  if (waitingFor !== null) return waitOf(job, waitingFor, now);
  if (job.status === 'processing') return runOf(job, now);
  return job.status === 'cancelling' ? 'Being stopped' : 'Waits for its turn';
}

function outcomeOf({ status, error, attempt, maxAttempts, cancelledBy, cancelReason, ...times }: Answerable): string {
  if (status === 'failed') {
    const tries = attempt > 1 ? ` · after ${attempt} attempts` : '';
    const message = firstLine(error?.message ?? error?.code ?? 'Failed');
    const room = LONGEST - tries.length;
    return `${message.length > room ? `${message.slice(0, room - 1)}…` : message}${tries}`;
  }
  if (status === 'cancelled') {
    const who = cancelledBy === undefined ? 'Cancelled' : `By ${cancelledBy}`;
    return cancelReason === undefined ? who : `${who}: ${firstLine(cancelReason)}`;
  }
  const { startedAt, endedAt } = times;
  const tries = attempt > 1 ? `, at attempt ${attempt} of ${maxAttempts}` : '';
  if (startedAt === undefined || endedAt === undefined) return `Done${tries}`;
  return `Done in ${formatMs(Math.max(1, Date.parse(endedAt) - Date.parse(startedAt)))}${tries}`;
}

function runOf(job: Answerable, now: number): string {
  const { progress } = job;
  const doing = progress?.message === undefined ? 'Running' : firstLine(progress.message);
  const far = progress === null ? '' : `, ${percentText(progress.percent)}`;
  const until = etaText(job, now);
  return `${doing}${far}${until === undefined ? '' : ` · ${until}`}`;
}

/** `done in 3–7 min`; undefined when nobody knows. */
export function etaText({ eta }: Pick<JobSnapshot, 'eta'>, now: number): string | undefined {
  if (eta === null || eta === 'unknown') return undefined;
  const [from, to] = [Date.parse(eta.p50) - now, Date.parse(eta.p90) - now];
  if (to <= 0) return 'longer than 9 of 10 such jobs';
  if (to < FEW_SECONDS_MS) return 'done in a few seconds';
  return `done in ${rangeText(Math.max(0, from), to)}`;
}

/** Both ends rounded outward: `3–7 min`, `20–45 s`. */
function rangeText(fromMs: number, toMs: number): string {
  const isMinutes = toMs > 45_000;
  const unitMs = isMinutes ? MINUTE_MS : 1000;
  const [low, high] = [roundedDown(fromMs / unitMs), roundedUp(toMs / unitMs)];
  if (high > 45) return `${formatMs(Math.floor(fromMs / MINUTE_MS) * MINUTE_MS)} to ${formatMs(Math.ceil(toMs / MINUTE_MS) * MINUTE_MS)}`;
  const unit = isMinutes ? 'min' : 's';
  return low === high ? `${high} ${unit}` : `${low === 0 ? 'under ' : `${low}–`}${high} ${unit}`;
}

function roundedDown(value: number): number {
  return STEPS.findLast((step) => step <= value) ?? 0;
}

function roundedUp(value: number): number {
  return STEPS.find((step) => step >= value) ?? Math.ceil(value);
}

/** Whole percents; below one `< 1 %`, and 100 only when it is done. */
export function percentText(percent: number): string {
  if (percent > 0 && percent < 1) return '< 1 %';
  return `${percent >= 100 ? 100 : Math.floor(percent)} %`;
}

function waitOf(job: Answerable, waiting: WaitingFor, now: number): string {
  const until = waiting.until === undefined ? undefined : Date.parse(waiting.until) - now;
  switch (waiting.code) {
    case 'start-time':
      return until === undefined ? 'Starts later' : `Starts ${inText(until)}`;
    case 'no-worker':
      return `No worker serves queue ${waiting.queue ?? ''}`;
    case 'queue':
      return aheadText(job, waiting, now);
    case 'handler':
      return `No worker knows type ${waiting.type ?? ''}`;
    case 'retry':
      return `Attempt ${(waiting.attempt ?? job.attempt) + (waiting.error === undefined ? 0 : 1)} of ${waiting.maxAttempts ?? job.maxAttempts} ${until === undefined ? 'soon' : inText(until)} · ${waiting.error === undefined ? 'its worker was gone' : `last: ${firstLine(waiting.error)}`}`;
    case 'turn':
      return firstLine(waiting.reason ?? waiting.sentence);
    case 'cancel':
      return waiting.queue === undefined ? 'Being stopped' : `No worker of queue ${waiting.queue} is there to stop it`;
    case 'event-loop':
      return `Its worker's event loop has been blocked for ${formatMs(waiting.blockedMs ?? 1000)}`;
    case 'workflow-code':
      return `Its workflow code fails: ${firstLine(waiting.error ?? '')}`;
    case 'paused':
      return `Paused${waiting.by === undefined ? '' : ` by ${waiting.by}`}${waiting.reason === undefined ? '' : `: ${firstLine(waiting.reason)}`}`;
    case 'unreachable':
      return 'Temporal does not answer; shown as it was known last';
  }
}

function aheadText(job: Answerable, { ahead, workers, queue }: WaitingFor, now: number): string {
  if (workers === undefined) return `Waits for a free worker of queue ${queue ?? ''}`;
  const until = etaText(job, now);
  const when = until === undefined ? '' : ` · ${until}`;
  if (ahead === undefined) return `Waits for a free place, ${workers === 1 ? '1 worker serves' : `${workers} workers serve`} it${when}`;
  return ahead === 0 ? `Next in queue ${queue ?? ''}${when}` : `${ahead} ahead in queue ${queue ?? ''}${when}`;
}

function inText(milliseconds: number): string {
  if (milliseconds <= 0) return 'now';
  if (milliseconds >= DAY_MS) return `in ${Math.round(milliseconds / DAY_MS)} d`;
  if (milliseconds >= MINUTE_MS * 2) return `in ${formatMs(Math.round(milliseconds / MINUTE_MS) * MINUTE_MS)}`;
  return `in ${formatMs(Math.ceil(milliseconds / 1000) * 1000)}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? '';
}
