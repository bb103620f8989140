/** The countries of the world, by the two letters that the API has for them. */
import { MapChart } from 'echarts/charts';
import { GeoComponent, VisualMapComponent } from 'echarts/components';
import { registerMap } from 'echarts/core';
import world from 'world-atlas/countries-110m.json';
import { countryOf } from './countries';
import { init, use } from './drawing';
import { areas, type Topology } from './topology';

use([MapChart, GeoComponent, VisualMapComponent]);

const ANTARCTICA = 'AQ';

const features = areas(world as unknown as Topology, 'countries').flatMap((shape) => {
  const code = countryOf(shape.id);
  if (code === ANTARCTICA) return [];
  return [{ ...shape, properties: { name: code ?? shape.properties.name } }];
});
registerMap('world', { type: 'FeatureCollection', features } as never);

export { init };
