/** Owns the last hour in two charts on one time axis: failures have a scale of their own, or two percent of them would be two pixels. */
import { useMemo, useState } from 'react';
import type uPlot from 'uplot';
import type { TypeReport } from '../../../src/contract/statistics/report.ts';
import { numberText, shortClockText } from '../format.ts';
import { axis, bars, Chart, colour } from './chart.tsx';

const MINUTES = 60;

function sums(types: readonly TypeReport[], of: (type: TypeReport) => readonly number[]): number[] {
  return Array.from({ length: MINUTES }, (_none, index) => types.reduce((sum, type) => sum + (of(type)[index] ?? 0), 0));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function Throughput({ types }: { readonly types: readonly TypeReport[] }) {
  const failed = useMemo(() => sums(types, ({ failedPerMinute }) => failedPerMinute), [types]);
  const done = useMemo(() => sums(types, ({ perMinute }) => perMinute).map((all, index) => all - (failed[index] ?? 0)), [types, failed]);
  const times = useMemo(() => {
    const last = Math.floor(Date.now() / 60_000) * 60;
    return Array.from({ length: MINUTES }, (_none, index) => last - (MINUTES - 1 - index) * 60);
  }, [types]);
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="card" aria-label="Last hour">
      <div className="head">
        <h2>Last hour</h2>
        <div className="push">
          <button type="button" className="pill" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as charts' : 'Show as table'}
          </button>
        </div>
      </div>
      {asTable ? (
        <MinuteTable times={times} done={done} failed={failed} />
      ) : (
        <div>
          <Bars title={`Completed, per minute · ${numberText(total(done))} in all`} times={times} values={done} mark="--completed-mark" />
          <Bars title={`Failed, per minute · ${numberText(total(failed))} in all`} times={times} values={failed} mark="--failed-mark" />
        </div>
      )}
    </section>
  );
}

interface Series {
  readonly title: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly mark: string;
}

function Bars({ title, times, values, mark }: Series) {
  const options = useMemo(
    (): Omit<uPlot.Options, 'width' | 'height'> => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, max)] } },
      axes: [
        axis({ values: (_plot, splits) => splits.map((at) => shortClockText(at * 1000)), space: 70, size: 24, grid: { show: false } }),
        axis({ size: 44, space: 28, values: (_plot, splits) => splits.map((value) => (Number.isInteger(value) ? numberText(value) : '')) }),
      ],
      series: [
        {},
        {
          fill: () => colour(mark),
          stroke: () => colour(mark),
          width: 0,
          points: { show: false },
          paths: bars,
        },
      ],
    }),
    [mark],
  );
  const data = useMemo((): uPlot.AlignedData => [[...times], [...values]], [times, values]);
  return (
    <div>
      <p className="soft small">{title}</p>
      <Chart options={options} data={data} height={110} label={title} />
    </div>
  );
}

function MinuteTable({
  times,
  done,
  failed,
}: {
  readonly times: readonly number[];
  readonly done: readonly number[];
  readonly failed: readonly number[];
}) {
  const rows = times
    .map((time, index) => ({ time, done: done[index] ?? 0, failed: failed[index] ?? 0 }))
    .filter((row) => row.done + row.failed > 0);
  if (rows.length === 0) return <p className="soft">No job has ended in the last hour.</p>;
  return (
    <div className="scroll" style={{ maxHeight: 260, overflowY: 'auto' }} tabIndex={0} role="group" aria-label="Jobs per minute">
      <table>
        <thead>
          <tr>
            <th>minute</th>
            <th className="right">completed</th>
            <th className="right">failed</th>
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map((row) => (
            <tr key={row.time}>
              <td>{shortClockText(row.time * 1000)}</td>
              <td className="right">{numberText(row.done)}</td>
              <td className="right">{numberText(row.failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
