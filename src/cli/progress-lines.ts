/**
 * Owns how a job under way is told without a terminal: a line when something changed that is worth one. That is a status,
 * an attempt, a phase (the message up to its colon), or the next 10 %.
 */
import { formatMs } from '../contract/duration.ts';
import type { JobSnapshot, StepSnapshot } from '../contract/snapshot.ts';
import { labelOf, waitingSentence } from './progress-view.ts';
import { etaText } from './remaining-time.ts';
import { defused } from './text.ts';

export class ProgressLines {
  /** Line subject → what was said of it last. */
  readonly #said = new Map<string, string>();

  /** The lines for what changed since the snapshot before. */
  next(snapshot: JobSnapshot, nowMs: number): string[] {
    const elapsed = formatMs(Math.max(0, nowMs - Date.parse(snapshot.addedAt)));
    const lines = [this.#jobLine(snapshot, nowMs), ...snapshot.steps.map((step) => this.#stepLine(step))];
    return lines.filter((line) => line !== undefined).map((line) => `[${elapsed}] ${line}`);
  }

  #jobLine(snapshot: JobSnapshot, nowMs: number): string | undefined {
    const { type, status, progress, waitingFor } = snapshot;
    const sentence = waitingSentence(snapshot, nowMs);
    if (waitingFor !== null && sentence === undefined) return undefined;
    const percent = Math.floor(progress?.percent ?? 0);
    const text = sentence === undefined ? `${percent} %${textOf(progress?.message)}` : sentence;
    if (!this.#isNews('', [status, tens(percent), phaseOf(text)])) return undefined;
    const left = etaText(snapshot, nowMs);
    return `${type} ${status}: ${text}${left === undefined || sentence !== undefined ? '' : `, ${left}`}`;
  }

  #stepLine(step: StepSnapshot): string | undefined {
    const percent = Math.floor(step.progress?.percent ?? 0);
    const message = textOf(step.progress?.message);
    if (!this.#isNews(step.id, [step.status, step.attempt, tens(percent), phaseOf(message)])) return undefined;
    const attempt = step.attempt > 1 || step.status === 'retrying' ? `, attempt ${step.attempt}` : '';
    const text = step.status === 'processing' ? `${percent} %${message}` : step.status;
    return `  ${labelOf(step)}${attempt}: ${text}`;
  }

  #isNews(subject: string, facts: readonly unknown[]): boolean {
    const now = JSON.stringify(facts);
    if (this.#said.get(subject) === now) return false;
    this.#said.set(subject, now);
    return true;
  }
}

function tens(percent: number): number {
  return Math.floor(percent / 10);
}

function phaseOf(text: string): string {
  // Numbers count within a phase: "3 of 500 repositories done" is the same one as "4 of 500".
  return (text.split(':', 1)[0] ?? '').replace(/\d[\d ]*/g, '#');
}

function textOf(message: string | undefined): string {
  return message === undefined || message === '' ? '' : `, ${defused(message)}`;
}
