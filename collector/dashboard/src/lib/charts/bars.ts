/** Bars beside each other, with the interval in which each may lie. */
import { BarChart, CustomChart } from 'echarts/charts';
import { init, use } from './drawing';

use([BarChart, CustomChart]);

export { init };
