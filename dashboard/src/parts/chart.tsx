/** Owns the drawing of time series by uPlot, which is loaded when the first chart is shown. */
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type uPlot from 'uplot';

export interface ChartProps {
  readonly options: Omit<uPlot.Options, 'width' | 'height'>;
  readonly data: uPlot.AlignedData;
  readonly height: number;
  /** What it shows, in a sentence. */
  readonly label: string;
}

/** The value of a colour of the theme. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Chart({ options, data, height, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let plot: uPlot | undefined;
    let isGone = false;
    const resize = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
    void Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]).then(([{ default: UPlot }]) => {
      if (isGone) return;
      plot = new UPlot({ ...options, width: element.clientWidth, height }, data, element);
      resize.observe(element);
    });
    return () => {
      isGone = true;
      resize.disconnect();
      plot?.destroy();
    };
  }, [options, data, height, colorScheme]);
  return <div ref={place} role="img" aria-label={label} style={{ height }} />;
}

/** Axes as quiet as the rest. */
export function axis(more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    stroke: () => colour('--soft'),
    grid: { stroke: () => colour('--hair'), width: 1 },
    ticks: { show: false },
    font: '12px Inter, Arial, sans-serif',
    ...more,
  };
}

/** One bar for each time: uPlot's own builder needs the library, which is not there yet when the options are made. */
export function bars(plot: uPlot, index: number): uPlot.Series.Paths {
  const [times, values] = [plot.data[0], plot.data[index] ?? []];
  const fill = new Path2D();
  const zero = plot.valToPos(0, 'y', true);
  const width = Math.max(1, (plot.bbox.width / times.length) * 0.7);
  for (const [at, time] of times.entries()) {
    const value = values[at] ?? 0;
    if (value > 0)
      fill.rect(plot.valToPos(time, 'x', true) - width / 2, plot.valToPos(value, 'y', true), width, zero - plot.valToPos(value, 'y', true));
  }
  return { fill };
}
