/** What charts are drawn with: only the needed parts of ECharts, each kind loaded when a page first shows one. */
import type { EChartsCoreOption, EChartsType } from 'echarts/core';

export type ChartKind = 'line' | 'bars' | 'sankey' | 'funnel' | 'heatmap' | 'map';
export type ChartOption = EChartsCoreOption;
export type DrawnChart = EChartsType;

export interface Drawing {
  init: (element: HTMLElement) => EChartsType;
}

const KINDS: Record<ChartKind, () => Promise<Drawing>> = {
  line: () => import('./line'),
  bars: () => import('./bars'),
  sankey: () => import('./sankey'),
  funnel: () => import('./funnel'),
  heatmap: () => import('./heatmap'),
  map: () => import('./map'),
};

export function loadKind(kind: ChartKind): Promise<Drawing> {
  return KINDS[kind]();
}
