/** Owns the picture of a job's life on one time axis: waiting, attempts, rests; progress as it was reported; and when it may end. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { etaText, percentText } from '../../../src/contract/answer.ts';
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';
import { clockText, durationText, shortClockText } from '../format.ts';
import { axis, Chart, colour } from './chart.tsx';
import { type Lifeline as Life, lifelineOf, type Span } from './lifeline-spans.ts';

/** Of the plot, left and right, in pixels: the band below stands under it. */
const [LEFT, RIGHT] = [44, 12] as const;
const MOVES_EVERY_MS = 2000;
const POINTS_KEPT = 600;

/** Progress as this page has seen it, with what the last attempt started from. */
function useSeenProgress(job: JobSnapshot): readonly (readonly [number, number])[] {
  const seen = useRef<(readonly [number, number])[]>([]);
  const percent = job.status === 'completed' ? 100 : job.progress?.percent;
  const last = seen.current.at(-1);
  if (percent !== undefined && last?.[1] !== percent) {
    const at = isTerminal(job.status) && job.endedAt !== undefined ? Date.parse(job.endedAt) : Date.now();
    seen.current = [...seen.current, [at, percent] as const].slice(-POINTS_KEPT);
  }
  return seen.current;
}

/** The time, every two seconds while the job is open. */
function useSlowNow(isOpen: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = window.setInterval(() => setNow(Date.now()), MOVES_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [isOpen]);
  return now;
}

export function Lifeline({ job }: { readonly job: JobSnapshot }) {
  const seen = useSeenProgress(job);
  const now = Math.max(useSlowNow(!isTerminal(job.status)), Date.parse(job.addedAt), seen.at(-1)?.[0] ?? 0);
  const life = lifelineOf(job, now);
  const [asTable, setAsTable] = useState(false);
  const sentence = sentenceOf(job, life, now);
  return (
    <section className="card lifeline" aria-label="Lifeline">
      <div className="head">
        <h2>Lifeline</h2>
        <div className="push">
          <button type="button" className="pill" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as picture' : 'Show as table'}
          </button>
        </div>
      </div>
      {asTable ? (
        <SpanTable life={life} />
      ) : (
        <div role="img" aria-label={sentence}>
          {seen.length > 0 && <ProgressPlot life={life} seen={seen} job={job} />}
          <Band life={life} />
          <Axis life={life} />
        </div>
      )}
    </section>
  );
}

function sentenceOf(job: JobSnapshot, { spans }: Life, now: number): string {
  const parts = spans.map(({ name, fromMs, toMs }) => `${name} ${durationText(toMs - fromMs)}`);
  const far = job.progress === null ? '' : `; ${percentText(job.progress.percent)} done`;
  return `${parts.join(', ')}${far}${etaText(job, now) === undefined ? '' : `; ${etaText(job, now)}`}`;
}

const share = (life: Life, at: number): number => ((at - life.fromMs) / (life.toMs - life.fromMs)) * 100;
/** Percent of the axis that a name needs, and its duration behind it. */
const [NAME_NEEDS, ALL_NEEDS] = [10, 22] as const;

function Band({ life }: { readonly life: Life }) {
  return (
    <div className="band">
      {life.spans.map((span) => {
        const width = share(life, span.toMs) - share(life, span.fromMs);
        return (
          <span
            key={`${span.name} ${span.fromMs}`}
            className={span.look}
            style={{ left: `${share(life, span.fromMs)}%`, width: `${width}%` }}
            title={`${span.name}: ${durationText(span.toMs - span.fromMs)}`}
          >
            {width > NAME_NEEDS && span.name}
            {width > ALL_NEEDS && `, ${durationText(span.toMs - span.fromMs)}`}
          </span>
        );
      })}
    </div>
  );
}

function Axis({ life }: { readonly life: Life }) {
  const isShort = life.toMs - life.fromMs < 120_000;
  const text = isShort ? clockText : shortClockText;
  const marks = [0, 25, 50, 75, 100].map((part) => ({ part, at: life.fromMs + ((life.toMs - life.fromMs) * part) / 100 }));
  return (
    <div className="axis" aria-hidden>
      {marks.map(({ part, at }) => (
        <span key={part} style={{ left: `${part}%` }}>
          {text(at)}
        </span>
      ))}
    </div>
  );
}

interface PlotProps {
  readonly life: Life;
  readonly seen: readonly (readonly [number, number])[];
  readonly job: JobSnapshot;
}

function ProgressPlot({ life, seen, job }: PlotProps) {
  const { fromMs, toMs, nowMs, eta } = life;
  const data = useMemo((): uPlot.AlignedData => {
    const points = [...seen, [nowMs, seen.at(-1)?.[1] ?? 0] as const];
    return [points.map(([at]) => at / 1000), points.map(([, percent]) => percent)];
  }, [seen, nowMs]);
  // What an attempt that goes on from a checkpoint began with is not known here.
  const startMs = job.attempts.length > 0 || job.startedAt === undefined ? undefined : Date.parse(job.startedAt);
  const percent = seen.at(-1)?.[1] ?? 0;
  const options = useMemo(
    (): Omit<uPlot.Options, 'width' | 'height'> => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [8, RIGHT, 4, 0],
      scales: { x: { time: false, range: () => [fromMs / 1000, toMs / 1000] }, y: { range: () => [0, 100] } },
      axes: [axis({ show: false }), axis({ size: LEFT, splits: () => [0, 50, 100], values: (_plot, splits) => splits.map(String) })],
      series: [{}, { stroke: colour('--processing-mark'), width: 2, points: { show: false }, paths: (plot, index) => steps(plot, index) }],
      hooks: { draw: [(plot) => drawWedge(plot, { nowMs, percent, eta }), (plot) => drawUnseen(plot, startMs)] },
    }),
    [fromMs, toMs, nowMs, percent, startMs, eta?.p50, eta?.p90],
  );
  return <Chart options={options} data={data} height={130} label={`Progress: ${percentText(percent)}`} />;
}

/** A step at each report: between them nothing is known. */
function steps(plot: uPlot, index: number): uPlot.Series.Paths {
  const [times, values] = [plot.data[0], plot.data[index] ?? []];
  const stroke = new Path2D();
  let y = plot.valToPos(values[0] ?? 0, 'y', true);
  stroke.moveTo(plot.valToPos(times[0] ?? 0, 'x', true), y);
  for (const [at, time] of times.entries()) {
    const x = plot.valToPos(time, 'x', true);
    stroke.lineTo(x, y);
    y = plot.valToPos(values[at] ?? 0, 'y', true);
    stroke.lineTo(x, y);
  }
  return { stroke };
}

/** From now to where half and nine of ten such jobs are done; no line in the middle, which would claim one answer. */
function drawWedge(
  plot: uPlot,
  { nowMs, percent, eta }: { readonly nowMs: number; readonly percent: number; readonly eta: Life['eta'] },
): void {
  if (eta === undefined) return;
  const { ctx } = plot;
  const x = (ms: number): number => plot.valToPos(ms / 1000, 'x', true);
  const y = (value: number): number => plot.valToPos(value, 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(x(nowMs), y(percent));
  ctx.lineTo(x(Math.max(nowMs, eta.p50)), y(100));
  ctx.lineTo(x(eta.p90), y(100));
  ctx.closePath();
  ctx.clip();
  ctx.strokeStyle = colour('--processing-mark');
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = 1.5 * window.devicePixelRatio;
  const gap = 7 * window.devicePixelRatio;
  const { left, top, width, height } = plot.bbox;
  for (let at = left - height; at < left + width; at += gap) {
    ctx.beginPath();
    ctx.moveTo(at, top + height);
    ctx.lineTo(at + height, top);
    ctx.stroke();
  }
  ctx.restore();
}

/** From the start to the first report that this page has seen: dashed, for it was not seen. */
function drawUnseen(plot: uPlot, startMs: number | undefined): void {
  const [first] = plot.data[0];
  if (startMs === undefined || first === undefined) return;
  const { ctx } = plot;
  ctx.save();
  ctx.setLineDash([4 * window.devicePixelRatio, 4 * window.devicePixelRatio]);
  ctx.strokeStyle = colour('--processing-mark');
  ctx.lineWidth = window.devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(plot.valToPos(startMs / 1000, 'x', true), plot.valToPos(0, 'y', true));
  ctx.lineTo(plot.valToPos(first, 'x', true), plot.valToPos(plot.data[1]?.[0] ?? 0, 'y', true));
  ctx.stroke();
  ctx.restore();
}

function SpanTable({ life }: { readonly life: Life }) {
  return (
    <table>
      <thead>
        <tr>
          <th>what</th>
          <th>from</th>
          <th className="right">for</th>
        </tr>
      </thead>
      <tbody>
        {life.spans.map((span: Span) => (
          <tr key={`${span.name} ${span.fromMs}`}>
            <td>{span.name}</td>
            <td>{clockText(span.fromMs)}</td>
            <td className="right">{durationText(span.toMs - span.fromMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
