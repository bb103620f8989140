import type { Plugin } from 'vue';

import waymark from '../index.js';
import type { InitOptions, Waymark } from '../types.js';
import { waymarkKey } from './composables.js';
import { vTrack, vTrackForm } from './directives.js';

/** The plugin: `app.use(createWaymark({ key, endpoint }))` starts measuring, and adds `$waymark` and the directives. */
export function createWaymark(options: InitOptions): Plugin<[]> {
  return {
    install(app) {
      waymark.init(options);
      app.provide(waymarkKey, waymark);
      app.config.globalProperties.$waymark = waymark;
      app.directive('track', vTrack);
      app.directive('track-form', vTrackForm);
    },
  };
}

declare module 'vue' {
  interface ComponentCustomProperties {
    $waymark: Waymark;
  }
  interface GlobalDirectives {
    vTrack: typeof vTrack;
    vTrackForm: typeof vTrackForm;
  }
}
