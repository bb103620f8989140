/** Countries coloured by a figure, as an option for ECharts. */
import type { ChartOption } from './kinds';
import { tip } from './tip';
import type { Tokens } from './tokens.svelte';

export interface Country {
  /** Two letters. */
  code: string;
  name: string;
  value: number;
  exact: string;
}

export function mapOption(countries: readonly Country[], label: string, tokens: Tokens): ChartOption {
  const byCode = new Map(countries.map((one) => [one.code, one]));
  return {
    tooltip: {
      trigger: 'item',
      formatter: (params: unknown) => {
        const found = byCode.get((params as { name: string }).name);
        return found ? tip(found.name, [{ label, value: found.exact, colour: tokens.accent }]) : '';
      },
    },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(1, ...countries.map((one) => one.value)),
      inRange: { color: [tokens.accentMiddle, tokens.accent] },
    },
    series: [
      {
        type: 'map',
        map: 'world',
        projection: { project: naturalEarth, unproject: (point: [number, number]) => point },
        left: 0,
        right: 0,
        top: 0,
        bottom: 0,
        selectedMode: false,
        label: { show: false },
        itemStyle: { areaColor: tokens.sunken, borderColor: tokens.surface, borderWidth: 0.6 },
        emphasis: { label: { show: false }, itemStyle: { areaColor: tokens.sunken } },
        data: countries.map((one) => ({
          name: one.code,
          value: one.value,
          emphasis: { itemStyle: { areaColor: tokens.accent, borderColor: tokens.text, borderWidth: 1 } },
        })),
      },
    ],
  };
}

/** Natural Earth, after Tom Patterson: areas nearly as large as they are, and the poles no points. By Šavrič's polynomial. */
export function naturalEarth([longitude, latitude]: readonly [number, number]): [number, number] {
  const [x, y] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  const [y2, y4] = [y * y, y ** 4];
  return [
    x * (0.8707 - 0.131979 * y2 + y4 * (-0.013791 + y4 * (0.003971 * y2 - 0.001529 * y4))),
    -y * (1.007226 + y2 * (0.015085 + y4 * (-0.044475 + 0.028874 * y2 - 0.005916 * y4))),
  ];
}
