/**
 * `waymark/vue`: the plugin, the composables and the directives.
 *
 * Owns when Vue's components begin and end, kept alive ones too. What is recorded then is `../adapter`'s; everything else
 * is the API itself, by {@link useWaymark} or `$waymark`. On a server nothing is recorded and nothing is added to the HTML.
 * Page views need no router: the SDK sees the browser's history.
 */

export {
  useMilestone,
  useTool,
  useTrack,
  useTrackExport,
  useTrackGeneration,
  useWaymark,
  waymarkKey,
} from './composables.js';
export { vTrack, vTrackForm } from './directives.js';
export { createWaymark } from './plugin.js';
export type { TrackExport } from '../adapter/content.js';
export type { Tracked, TrackedForm } from '../adapter/element.js';
export type * from '../types.js';
