/** Steps of which each keeps a part of the one before. */
import { BarChart, FunnelChart } from 'echarts/charts';
import { init, use } from './drawing';

use([FunnelChart, BarChart]);

export { init };
