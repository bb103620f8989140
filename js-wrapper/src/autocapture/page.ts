/**
 * The page as the parts of autocapture see it: listening, sending, and when a page view ends.
 *
 * Owns the only way from a part to `track`, and the guard around everything that runs here: a fault costs one event and
 * never reaches the page. When a page view ends is heard from what the core is told, just before the core acts on it, so
 * that what a part has to say of a page view is said while that is the current one.
 */

import type { Core } from '../engine.js';
import type { Stub } from '../stub.js';
import type { InitOptions, TrackOptions } from '../types.js';

/** Kinds of signals, as in `core/signal.rs`. */
const PAGE = 1;
const RESET = 7;
const HIDDEN = 9;
const LEFT = 11;
const RESTORED = 12;
const NAVIGATED = 13;
const REPLACED = 14;
const NOTED = 24;
const NOTED_LATE = 25;

/** How events go that must not wait for company: the visitor may be gone the next moment. */
export const HIGH: TrackOptions = { impact: 'high' };

/** What becomes of a page view: it cannot be seen, it is left, another one begins, or one by the back/forward cache. */
export type Moment = 'hidden' | 'left' | 'changed' | 'restored';

let api: Stub;
let warn = (_: unknown) => {};
/** The address of the current page view, as the core has it. */
export let shown = '';
const hearers: ((moment: Moment) => void)[] = [];

/** `job`, with its faults kept from the page. */
export const guarded =
  <A extends unknown[]>(job: (...args: A) => void) =>
  (...args: A): void => {
    try {
      job(...args);
    } catch (error) {
      warn(error);
    }
  };

/** Listens for events of these types before the page does, and without a way to hold it up. */
export function listen(target: EventTarget, types: string, hear: (event: Event) => void): void {
  for (const type of types.split(' ')) target.addEventListener(type, guarded(hear), { capture: true, passive: true });
}

/** Sends an event: something that the visitor did at `at`. */
export const send = (name: string, props: object, options?: TrackOptions, at = Date.now()): unknown =>
  api.q.push(['track', [name, props, options], at, location.href]);

/**
 * Sends what became of a page view at `url`, the current one or the one before: nothing that the visitor does now, so that
 * it keeps no session alive and begins none.
 */
export const note = (name: string, props: object, at: number, url: string = shown, late?: boolean): unknown =>
  api.q.push([`${late ? NOTED_LATE : NOTED}`, [name, props], at, url]);

/** Hears of what becomes of page views. */
export const watch = (hear: (moment: Moment) => void): number => hearers.push(guarded(hear));

/** Begins to hear from `core`, for everything else here. */
export function begin(core: Core, to: Stub, options: InitOptions): void {
  api = to;
  if (options.debug) warn = (error) => console.warn('[waymark] autocapture', error);
  const auto = options.autoPageViews !== false;
  shown = location.href;
  core.overhear(
    guarded((kind, [url]) => {
      const tell = (moment: Moment) => hearers.forEach((hear) => hear(moment));
      const address = `${url ?? ''}`;
      const route = (url: string) => (options.hashRouting === true ? url : url.split(kind == NAVIGATED ? '#' : /[?#]/)[0]);
      // After a reset the page view is another visitor's: what there is to say of it is said before.
      if (kind == HIDDEN || kind == RESET) tell('hidden');
      if (kind == LEFT) tell('left');
      // The same that makes the core begin a page view. What is between the calls and these has no address.
      const other = kind <= REPLACED && address && route(address) != route(shown);
      if (kind == PAGE || (auto && (kind == RESTORED || other))) {
        tell(kind == RESTORED ? 'restored' : 'changed');
        shown = address || location.href;
      }
    }),
  );
}
