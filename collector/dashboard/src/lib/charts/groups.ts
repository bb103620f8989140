/** Groups of bars as an option for ECharts: what several things give each of a few names, with intervals as whiskers. */
import type { ChartOption } from './kinds';
import { tip } from './tip';
import type { Tokens } from './tokens.svelte';

export interface BarSeries {
  name: string;
  /** A colour of the tokens. */
  colour: string;
  values: readonly (number | null)[];
  /** Where each may lie; `null` where that is not known. */
  intervals?: readonly ([number, number] | null)[];
  /** Each value to the last digit. */
  exact: (place: number) => string;
}

export interface GroupsAsked {
  names: readonly string[];
  series: readonly BarSeries[];
  axis: (value: number) => string;
  whole?: boolean;
}

interface Drawn {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
  barLayout: (asked: { count: number; barMaxWidth?: number; barGap?: string; barCategoryGap?: string }) => { offsetCenter: number }[];
}

const LABEL_LENGTH = 16;
const BAR_WIDTH = 28;
const BAR_GAP = '15%';
const GROUP_GAP = '32%';

export function groupsOption({ names, series, axis, whole = false }: GroupsAsked, tokens: Tokens): ChartOption {
  const highest = Math.max(0, ...series.flatMap((one) => one.intervals?.map((interval) => interval?.[1] ?? 0) ?? []));
  return {
    grid: { left: 4, right: 8, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'category',
      data: names,
      axisLine: { lineStyle: { color: tokens.line } },
      axisTick: { show: false },
      axisLabel: {
        color: tokens.soft,
        fontSize: 12,
        margin: 10,
        interval: 0,
        hideOverlap: true,
        formatter: (name: string) => (name.length > LABEL_LENGTH ? `${name.slice(0, LABEL_LENGTH - 1)}…` : name),
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      // Whiskers are no bars, and would be cut off.
      max: highest > 0 ? ({ max }: { max: number }) => (highest > max ? roundUp(highest) : null) : null,
      minInterval: whole ? 1 : 0,
      splitNumber: 4,
      axisLabel: { color: tokens.faint, fontSize: 12, formatter: axis, ...(highest > 0 ? { showMaxLabel: false } : {}) },
      splitLine: { lineStyle: { color: tokens.line } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: tokens.faint, opacity: 0.08 } },
      formatter: (params: unknown) => {
        const [first] = params as { dataIndex: number }[];
        const at = first?.dataIndex ?? 0;
        return tip(names[at] ?? '', series.map((one) => ({ label: one.name, value: one.exact(at), colour: one.colour })));
      },
    },
    series: series.flatMap((one, place): object[] => {
      const bar = {
        type: 'bar',
        name: one.name,
        data: one.values,
        barMaxWidth: BAR_WIDTH,
        barGap: BAR_GAP,
        barCategoryGap: GROUP_GAP,
        itemStyle: { color: one.colour, borderRadius: [3, 3, 0, 0] },
      };
      const intervals = one.intervals;
      if (intervals === undefined || intervals.every((interval) => interval === null)) return [bar];
      const whiskers = {
        type: 'custom',
        name: `${one.name} interval`,
        silent: true,
        z: 5,
        data: intervals.map((interval, at) => [at, interval?.[0] ?? NaN, interval?.[1] ?? NaN]),
        renderItem: (_: unknown, drawn: Drawn) => {
          const at = drawn.value(0);
          if (Number.isNaN(drawn.value(1))) return null;
          const shift = drawn.barLayout({ count: series.length, barMaxWidth: BAR_WIDTH, barGap: BAR_GAP, barCategoryGap: GROUP_GAP })[place]?.offsetCenter ?? 0;
          const [x, low] = drawn.coord([at, drawn.value(1)]);
          const [, high] = drawn.coord([at, drawn.value(2)]);
          const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: tokens.text, lineWidth: 1.25, opacity: 0.75 } });
          const middle = x + shift;
          return { type: 'group', children: [line(middle, low, middle, high), line(middle - 4, low, middle + 4, low), line(middle - 4, high, middle + 4, high)] };
        },
      };
      return [bar, whiskers];
    }),
  };
}

/** The next number with a half of its greatest digit. */
function roundUp(value: number): number {
  const half = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.ceil(value / half) * half;
}
