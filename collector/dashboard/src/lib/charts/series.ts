/** Lines over time, as an option for ECharts: the chosen figure, the time before dashed beneath it, and what is not over yet. */
import type { ChartOption } from './kinds';
import { tip } from './tip';
import type { Tokens } from './tokens.svelte';

export interface Line {
  name: string;
  values: readonly (number | null)[];
  /** A colour of the tokens. */
  colour: string;
  /** Of the time compared with: dashed and without an area. */
  before?: boolean;
  /** Each value to the last digit. */
  exact: (place: number) => string;
  /** What each place is called in the hint, where it is not the axis's. */
  title?: (place: number) => string;
}

export interface SeriesAsked {
  /** What stands at each place of the axis. */
  labels: readonly string[];
  lines: readonly Line[];
  axis: (value: number) => string;
  /** Whether values are whole, so that the axis has no halves. */
  whole: boolean;
  /** The place of the stretch that goes on; what lies behind it is yet to come. `null` where all are over. */
  goesOn: number | null;
  titles: readonly string[];
  /** What happened at places: a line each, and words in the hint. */
  marks?: readonly Mark[];
}

export interface Mark {
  place: number;
  texts: readonly string[];
}

export function seriesOption({ labels, lines, axis, whole, goesOn, titles, marks = [] }: SeriesAsked, tokens: Tokens): ChartOption {
  // Areas on areas would mix their colours.
  const alone = lines.filter((one) => !one.before).length <= 1;
  const area = (light: number, dark: number) => (alone ? { color: tokens.accent, opacity: tokens.dark ? dark : light } : undefined);
  const drawn = lines.flatMap((line): object[] => {
    const common = {
      type: 'line',
      name: line.name,
      showSymbol: labels.length === 1,
      symbol: 'circle',
      symbolSize: 7,
      lineStyle: { color: line.colour, width: line.before ? 1.5 : 2, type: line.before ? [4, 4] : 'solid' },
      itemStyle: { color: line.colour },
      emphasis: { disabled: line.before === true, scale: 1.2 },
      z: line.before ? 2 : 3,
    };
    if (line.before || goesOn === null || labels.length < 2) {
      return [{ ...common, data: line.values, areaStyle: line.before ? undefined : area(0.08, 0.12) }];
    }
    // What is not over yet leads on with dots.
    return [
      { ...common, data: line.values.map((value, at) => (at >= goesOn ? null : value)), areaStyle: area(0.08, 0.12) },
      { ...common, lineStyle: { ...common.lineStyle, type: [2, 4] }, areaStyle: area(0.04, 0.06), data: line.values.map((value, at) => (at === goesOn || at === goesOn - 1 ? value : null)) },
    ];
  });
  return {
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'category',
      data: labels,
      boundaryGap: labels.length === 1,
      axisLine: { lineStyle: { color: tokens.line } },
      axisTick: { show: false },
      axisLabel: { color: tokens.faint, fontSize: 12, hideOverlap: true, margin: 10 },
    },
    yAxis: {
      type: 'value',
      minInterval: whole ? 1 : 0,
      splitNumber: 4,
      axisLabel: { color: tokens.faint, fontSize: 12, formatter: (value: number) => axis(value) },
      splitLine: { lineStyle: { color: tokens.line } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: tokens.faint, type: 'solid', opacity: 0.5 } },
      formatter: (params: unknown) => {
        const [first] = params as { dataIndex: number }[];
        const at = first?.dataIndex ?? 0;
        const said = lines
          .filter((line) => at < line.values.length && (line.before || goesOn === null || at <= goesOn))
          .map((line) => ({ label: line.title?.(at) ?? line.name, value: line.exact(at), colour: line.colour }));
        const noted = marks.filter((mark) => mark.place === at).flatMap((mark) => mark.texts);
        return tip((titles[at] ?? '') + (at === goesOn ? ' (so far)' : ''), [...said, ...noted.map((text) => ({ label: text, value: '', colour: tokens.soft }))]);
      },
    },
    series: marks.length === 0 ? drawn : drawn.map((one, at) => (at === drawn.length - 1 ? { ...one, markLine: lineOf(marks, tokens) } : one)),
  };
}

function lineOf(marks: readonly Mark[], tokens: Tokens): object {
  return {
    silent: true,
    animation: false,
    symbol: ['none', 'circle'],
    symbolSize: 7,
    label: { show: false },
    lineStyle: { color: tokens.soft, width: 1, type: [2, 3] },
    data: marks.map(({ place }) => ({ xAxis: place })),
  };
}
