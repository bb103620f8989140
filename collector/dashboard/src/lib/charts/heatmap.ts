/** Cells coloured by their value, and lines beside them. */
import { HeatmapChart, LineChart } from 'echarts/charts';
import { VisualMapComponent } from 'echarts/components';
import { init, use } from './drawing';

use([HeatmapChart, LineChart, VisualMapComponent]);

export { init };
