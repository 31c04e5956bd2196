/**
 * Owns how a job under way looks on a terminal: its state, an overall bar, a line for each step that runs. Pure: a
 * snapshot and the room become lines. How it is told without a terminal is in `progress-lines.ts`.
 */
import { formatMs } from '../contract/duration.ts';
import type { JobSnapshot, StepSnapshot } from '../contract/snapshot.ts';
import { etaText } from './remaining-time.ts';
import type { Room } from './screen.ts';
import { column, defused, fit, type Style, widthOf } from './text.ts';

export interface JobView {
  readonly snapshot: JobSnapshot;
  /** Said where the job has no estimate of its own. Undefined: not known. */
  readonly remainingMs: number | undefined;
  readonly nowMs: number;
}

/** A wait for a worker that is shorter needs no explanation. */
const USUAL_WAIT_MS = 3000;
const OVERALL_BAR = 24;
const STEP_BAR = 10;
const LONGEST_LABEL = 32;
const ROWS_BESIDE_STEPS = 6;

/** The lines of one job, none wider than the room; steps that do not fit are counted. */
export function progressView(view: JobView, { width, rows }: Room, style: Style): string[] {
  const { steps } = view.snapshot;
  const shown = steps.slice(0, Math.max(1, rows - ROWS_BESIDE_STEPS));
  const labelWidth = Math.min(LONGEST_LABEL, Math.floor(width / 4), Math.max(0, ...shown.map((step) => widthOf(labelOf(step)))));
  const rest = steps.length - shown.length;
  return [
    headLine(view, width, style),
    overallLine(view, width, style),
    ...waitingLine(view, width, style),
    ...shown.map((step) => stepLine(step, labelWidth, { width, style })),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
}

/** What a step is called: its label, else its type. */
export function labelOf(step: StepSnapshot): string {
  return defused(step.label ?? step.type) || step.type;
}

/** `█████░░░░░` */
export function bar(percent: number, width: number): string {
  // Full only at 100 %: a bar that looks done and goes on is a lie.
  const filled = percent >= 100 ? width : Math.min(width - 1, Math.round((percent / 100) * width));
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

function headLine({ snapshot, nowMs }: JobView, width: number, style: Style): string {
  const seconds = Math.max(1, Math.floor((nowMs - Date.parse(snapshot.addedAt)) / 1000));
  const elapsed = formatMs(seconds * 1000);
  const line = fit(`${snapshot.type}  ${snapshot.status}  ${elapsed}  ${defused(snapshot.id)}`, width);
  return line.startsWith(snapshot.type) ? style('bold', snapshot.type) + line.slice(snapshot.type.length) : line;
}

function overallLine({ snapshot, remainingMs, nowMs }: JobView, width: number, style: Style): string {
  const percent = snapshot.progress?.percent ?? 0;
  const parts = [
    snapshot.progress?.message === undefined ? undefined : defused(snapshot.progress.message),
    etaText(snapshot, nowMs) ?? (remainingMs === undefined ? undefined : `about ${formatMs(remainingMs)} left`),
  ].filter((part) => part !== undefined);
  const start = `  ${bar(percent, OVERALL_BAR)} ${percentText(percent)}`;
  return fitted(start, parts.join(', '), { width, style, format: 'cyan' });
}

function waitingLine({ snapshot, nowMs }: JobView, width: number, style: Style): string[] {
  const sentence = waitingSentence(snapshot, nowMs);
  return sentence === undefined ? [] : [style('yellow', fit(`  ${sentence}`, width))];
}

/** Why the job does not run, if that is worth a word: each job waits for a worker for a moment. */
export function waitingSentence({ waitingFor, addedAt }: JobSnapshot, nowMs: number): string | undefined {
  const isUsual = waitingFor?.code === 'queue' || waitingFor?.code === 'no-worker';
  if (waitingFor === null || (isUsual && nowMs - Date.parse(addedAt) < USUAL_WAIT_MS)) return undefined;
  return defused(waitingFor.sentence);
}

function stepLine(step: StepSnapshot, labelWidth: number, { width, style }: { width: number; style: Style }): string {
  const percent = step.progress?.percent ?? 0;
  const start = `  ${column(labelOf(step), labelWidth)} ${bar(percent, STEP_BAR)} ${percentText(percent)}`;
  return fitted(start, stepText(step), { width, style, format: step.status === 'processing' ? 'cyan' : 'yellow' });
}

function stepText(step: StepSnapshot): string {
  const message = step.progress?.message === undefined ? '' : defused(step.progress.message);
  switch (step.status) {
    case 'processing':
      return step.attempt > 1 ? `attempt ${step.attempt}: ${message}` : message;
    case 'retrying':
      return `attempt ${step.attempt} failed, waits for the next`;
    case 'queued':
      return 'waits for a free worker';
    case 'cancelling':
      return 'is being cancelled';
  }
}

function fitted(start: string, text: string, { width, style, format }: { width: number; style: Style; format: 'cyan' | 'yellow' }): string {
  const line = fit(text === '' ? start : `${start}  ${text}`, width);
  return line.replace(/█+/, (filled) => style(format, filled)).replace(/░+/, (empty) => style('dim', empty));
}

/** ` 47 %`, always as wide; 100 only when it is. */
function percentText(percent: number): string {
  return `${String(percent >= 100 ? 100 : Math.floor(percent)).padStart(3)} %`;
}
