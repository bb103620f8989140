/** Flows between nodes. */
import { SankeyChart } from 'echarts/charts';
import { init, use } from './drawing';

use([SankeyChart]);

export { init };
