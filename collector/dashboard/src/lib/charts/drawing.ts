/** The part of ECharts that every kind of chart needs. */
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init as begin, use, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([SVGRenderer, GridComponent, TooltipComponent, AriaComponent]);

export { use };

/** SVG stays sharp at any zoom and when it is printed, and needs no memory for pixels; no chart here has thousands of marks. */
export function init(element: HTMLElement): EChartsType {
  return begin(element, null, { renderer: 'svg' });
}
