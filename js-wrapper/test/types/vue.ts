/** The types of `waymark/vue`, as a site's code meets them. */

import { createApp, ref, type ComponentPublicInstance, type GlobalDirectives } from 'vue';
import {
  createWaymark,
  useMilestone,
  useTool,
  useTrackExport,
  useTrackGeneration,
  useWaymark,
  vTrack,
  waymarkKey,
  type Tracked,
  type Waymark,
} from 'waymark/vue';

const app = createApp({});
app.use(createWaymark({ key: 'wk_1', endpoint: 'https://collector.example' }));
// @ts-expect-error The endpoint is needed.
app.use(createWaymark({ key: 'wk_1' }));
app.provide(waymarkKey, useWaymark());
// @ts-expect-error Anything else is not the API.
app.provide(waymarkKey, { track() {} });

useTool('editor');
useTool(ref('editor'), () => ({ mode: 'freehand' }));
// @ts-expect-error A tool has a name.
useTool(ref(7));
useMilestone('signup_at', ref(false));
// @ts-expect-error Reached or not.
useMilestone('signup_at', ref('yes'));
useTrackExport('invoice')('pdf');
// @ts-expect-error A format is a text.
useTrackExport('invoice')(7);
const drawn: Promise<number> = useTrackGeneration('drawing', (points: number) => points)(7);
// @ts-expect-error What the function takes is what it took before.
void useTrackGeneration('drawing', (points: number) => points)('seven');

const short: Tracked = 'cta_clicked';
const long: Tracked = { name: 'cta_clicked', props: { place: 'hero' }, impact: 'high' };
// @ts-expect-error An event has a name.
const nameless: Tracked = { props: { place: 'hero' } };

// In templates.
declare const component: ComponentPublicInstance;
const client: Waymark = component.$waymark;
// @ts-expect-error No such call.
component.$waymark.trackk('x');
const directive: GlobalDirectives['vTrack'] = vTrack;
