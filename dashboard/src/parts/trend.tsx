/** Owns the small chart of a row: how often something happened in each of the last hours. */
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { numberText } from '../format.ts';
import { bars, Chart, colour } from './chart.tsx';

const HEIGHT = 28;

export function Trend({ perHour }: { readonly perHour: readonly number[] }) {
  const key = perHour.join(' ');
  // The same numbers are the same picture, however often they are asked for.
  const data = useMemo((): uPlot.AlignedData => [perHour.map((_count, index) => index), [...perHour]], [key]);
  const options = useMemo(
    (): Omit<uPlot.Options, 'width' | 'height'> => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [2, 0, 0, 0],
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false, range: (_plot, min, max) => [min - 0.5, max + 0.5] }, y: { range: (_plot, _min, max) => [0, max || 1] } },
      series: [
        {},
        {
          fill: () => colour('--failed-mark'),
          width: 0,
          points: { show: false },
          paths: bars,
        },
      ],
    }),
    [],
  );
  return <Chart options={options} data={data} height={HEIGHT} label={labelOf(perHour)} />;
}

function labelOf(perHour: readonly number[]): string {
  const all = perHour.reduce((sum, count) => sum + count, 0);
  return `${numberText(all)} in the last 24 hours, ${numberText(perHour.at(-1) ?? 0)} of them in this one`;
}
