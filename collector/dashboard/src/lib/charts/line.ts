/** Lines and bars over an axis. */
import { BarChart, LineChart } from 'echarts/charts';
import { MarkLineComponent } from 'echarts/components';
import { init, use } from './drawing';

use([LineChart, BarChart, MarkLineComponent]);

export { init };
