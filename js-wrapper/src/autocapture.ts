/**
 * The chunk that pages load where autocapture is switched on: what visitors do, noticed without a call for each.
 *
 * Owns which parts are on. Each part is a file of `autocapture/` and turns what the browser tells into calls of `track`;
 * from there an event goes the way of any other, by the core's rules of consent, sessions and storage. Refuses to read
 * what a visitor enters, to change what the page does, and to listen in a way that could hold the page up.
 */

import { watchClicks } from './autocapture/clicks.js';
import { watchErrors } from './autocapture/errors.js';
import { watchForms } from './autocapture/forms.js';
import { watchMedia } from './autocapture/media.js';
import { begin } from './autocapture/page.js';
import { PARTS, parts } from './autocapture/parts.js';
import { watchVitals } from './autocapture/vitals.js';
import type { Core } from './engine.js';
import type { Stub } from './stub.js';
import type { InitOptions } from './types.js';

/** Captures from now on what `options` say, into `api`. */
export async function attach(core: Core, api: Stub, options: InitOptions): Promise<void> {
  const on = parts(options.autocapture);
  if (options.debug) {
    for (const part of on) if (!PARTS.includes(part)) console.warn('[waymark] autocapture: no part is', part);
  }
  begin(core, api, options);
  if (['clicks', 'outbound', 'downloads', 'rage'].some((part) => on.has(part))) watchClicks(on);
  if (on.has('forms')) watchForms();
  if (on.has('media')) watchMedia();
  if (on.has('errors')) watchErrors();
  if (on.has('vitals')) watchVitals();
}
