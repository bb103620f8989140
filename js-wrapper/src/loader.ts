/**
 * From a stub that keeps calls to a core that makes items of them.
 *
 * Owns the time in between: the waiting line and its bound, what happens when the page is left meanwhile, and the order
 * in which calls reach the core. Refuses to let anything through to the page: no exception, no unhandled rejection.
 * Behind `core.call` the core takes over.
 */

import { attempt, is_out, load, save, set_out, settled } from '#host';
import type { Core, Engine } from './engine.js';
import { isParked, type Parked, park, takeParked } from './parked.js';
import { guard } from './redact.js';
import type { Call, Stub } from './stub.js';
import type { InitOptions } from './types.js';

/** The chunk for debug mode; see there. */
export type Inspector = typeof import('./inspector.js');

/** The chunk for autocapture; see there. */
export type Autocapture = typeof import('./autocapture.js');
/** The chunks for `linkDomains` and for Google Analytics; see there. */
export type Linker = typeof import('./linker.js');
export type Google = typeof import('./google.js');

/** Calls that wait at most. The earliest stay: they tell how the visit began. */
const MAX_WAITING = 500;

/** What a page hears when it is left, for now or for good. */
const LEFT = 'pagehide';

/** Where it is kept that the visitor agreed in spite of a signal. It goes with everything else. */
const AGREED = 'wm_g';

/** How long `ready()` waits for the ids once the core runs, and how often it looks: tabs agree on a session first. */
const READY_MS = 10_000;
const READY_POLL_MS = 25;

/** Where a page notes that it is being measured, so that a second copy of this code joins the first. */
const RUNNING = Symbol.for('waymark');
const page = globalThis as unknown as { [RUNNING]?: Stub };

/** Makes `api` speak to the instance that already runs on this page. Whether there is one. */
export function join(api: Stub): boolean {
  const running = page[RUNNING];
  if (running && running != api) {
    const waiting = api.q;
    api.q = { push: (call) => running.q.push(call) };
    if (Array.isArray(waiting)) waiting.forEach((call: Call) => running.q.push(call));
  }
  return !!running;
}

/** The URL that takes events, from what a site wrote: it may name the collector alone. */
function eventsUrl(endpoint: string): string {
  const url = new URL(endpoint, location.href);
  if (url.pathname == '/') url.pathname = '/v1/events';
  return url.href;
}

/**
 * Takes over `api` and hands its calls to the core of the first engine that loads.
 *
 * Until then calls wait. When the page is hidden or left first, they are kept in storage together with the page view,
 * and the site's next page plays them. The same when no engine loads at all, and when the page is left before the core
 * knows who the visitor is: tabs agree on that one after the other. In debug mode the inspector is loaded too, and
 * autocapture where it is switched on. `options` are its own from here on.
 */
export async function run(
  api: Stub,
  options: InitOptions,
  engines: Engine[],
  inspector: () => Promise<Inspector>,
  autocapture: () => Promise<Autocapture>,
  linker: () => Promise<Linker>,
  google: () => Promise<Google>,
): Promise<void> {
  const landing = api.l;
  // Asked for by this page's address, or by an earlier page's of this tab.
  options.debug ||= /[?&]waymark_debug/.test(landing.url + attempt<unknown>(() => sessionStorage['waymark_debug']));
  const { globalPrivacyControl, doNotTrack } = navigator as { globalPrivacyControl?: boolean; doNotTrack?: unknown };
  const signalled =
    (options.globalPrivacyControl !== false && globalPrivacyControl) || (options.doNotTrack && doNotTrack == 1);
  // The signal is general; who was asked here and agreed has said more.
  const refused = signalled && !load(AGREED);
  let id = Math.random().toString(36).slice(2);
  /** What nobody has taken for good yet: no core is there, or the one that is does not know yet who the visitor is. */
  let waiting: Call[] = [];
  /** What earlier pages left, as long as this page may have to leave it to the next one. */
  let earlier: Parked[] = [];
  /** The core that has been told everything. */
  let core: Core | undefined;
  let failed = false;
  let left = false;
  /** What the record in storage holds of `waiting`; undefined while there is no record. */
  let kept: Call[] | undefined;
  /** Whether nobody has recorded the page view yet. */
  let unseen = options.autoPageViews !== false;

  const warn = (...what: unknown[]) => {
    if (options.debug) console.warn('[waymark]', ...what);
  };

  /** Answers a call that asks something of a core that is not coming. Whether it did ask. */
  const giveUp = ([method, , , , settle]: Call) => {
    settle?.(method == 'ready' ? null : waiting.filter((call) => !call[4]).length);
    return !!settle;
  };

  /** An opt-out is not left to a core that may never come; what is left of it is a word on consent. */
  const heed = (call: Call) => {
    if (!/^opt/.test(call[0])) return;
    const out = call[0] == 'optOut';
    set_out(out);
    call.splice(0, 2, 'consent', [out ? 'denied' : 'as_set']);
  };

  const hold = (call: Call) => {
    heed(call);
    if (failed && giveUp(call)) return;
    if (waiting.length < MAX_WAITING) {
      waiting.push(call);
      // A listener of the site's own, which hears later of what this one has heard.
      if (left) leave({ type: LEFT });
    } else if (!giveUp(call)) warn(`${call[0]}: too many calls wait`);
  };

  /** Forgets what another page has played from storage meanwhile. */
  const forgetPlayed = () => {
    if (kept && !isParked(id)) {
      unseen = false;
      waiting = waiting.filter((call) => !kept?.includes(call));
    }
    kept = undefined;
  };

  /** Back from the back-forward cache, which is another page view. What the first one left stays for whoever plays it. */
  const comeBack = () => {
    if (kept && left) {
      id += id;
      waiting = waiting.filter((call) => call[4]);
      kept = undefined;
      unseen = options.autoPageViews !== false;
      landing.at = Date.now();
    }
    left = false;
  };

  /** Whether the core knows who the visitor is; from then on it loses nothing. */
  const isSettled = () => {
    if (!settled) return false;
    listen('removeEventListener');
    waiting = [];
    earlier = [];
    return true;
  };

  const leave = ({ type }: { type: string }) => {
    left ||= type == LEFT;
    // The core has heard of it before; one that cannot know the visitor has made nothing of what it was told.
    if ((core && type != LEFT) || isSettled()) return;
    if ((type != LEFT && !document.hidden) || (document as { prerendering?: boolean }).prerendering) return;
    forgetPlayed();
    // Consent counts before the core knows of it: the last word, said by a call or else by the settings. It is for this
    // page to say; the next one says its own. What was called while it was denied never was.
    let state: unknown = refused ? 'denied' : options.consent ?? 'granted';
    let calls: Call[] = [];
    for (const call of waiting) {
      if (call[0] == 'consent') {
        state = call[1][0];
        if (state == 'denied') calls = [];
      } else if (state != 'denied' && !call[4]) calls.push(call);
    }
    if (state != 'granted' || options.cookieless || is_out()) return;
    earlier.splice(0).forEach(park);
    if (unseen) {
      const view = { url: landing.url, referrer: landing.referrer, title: document.title };
      calls.unshift(['page', [view], landing.at, landing.url]);
    }
    if (calls.length && park({ id, at: Date.now(), left, landing, calls })) kept = calls;
  };

  const listen = (how: 'addEventListener' | 'removeEventListener') => {
    document[how]('visibilitychange', leave);
    window[how](LEFT, leave);
    window[how]('pageshow', comeBack);
  };

  const play = (core: Core, call: Call) => {
    heed(call);
    const [method, args, at, url, settle] = call;
    const poll = (until: number) => {
      const ids = core.ids();
      if (ids || performance.now() > until) settle?.(ids ?? null);
      else setTimeout(poll, READY_POLL_MS, until);
    };
    try {
      if (method == 'ready') poll(performance.now() + READY_MS);
      else if (method == 'flush') core.flush().then(settle, () => settle?.(0));
      else if (method == 'init') warn('init: already measured');
      else core.call(method, args, at, url);
      if (signalled && method == 'consent' && args[0] == 'granted' && !is_out()) save(AGREED, 1);
    } catch (error) {
      settle?.(method == 'ready' ? null : 0);
      warn(method, error);
    }
  };

  try {
    page[RUNNING] = api;
    const early = api.q as Call[];
    api.q = { push: hold };
    early.forEach(hold);
    if (!options.key) console.warn('[waymark] no key: not measured');
    guard(options);
    listen('addEventListener');
    // Beside the core; where one cannot be loaded, everything else goes on without it.
    const wanted = [
      options.linkDomains && linker,
      (options.gaCookiePrefix || options.gaMeasurementId || /[?&]_gl=/.test(landing.url)) && google,
    ].map((chunk) => chunk && chunk().catch(warn));
    for (const engine of options.key ? engines : []) {
      let loaded: Core;
      let chunks;
      try {
        loaded = await engine.load();
        chunks = await Promise.all(wanted);
      } catch (error) {
        warn(`${engine.name}: cannot run`, error);
        continue;
      }
      // A page that is rendered ahead of being shown has no visitor yet, and may never have one. What was called there
      // happens once it is shown.
      if ((document as { prerendering?: boolean }).prerendering) {
        await new Promise((shown) => document.addEventListener('prerenderingchange', shown, { once: true }));
        landing.at = Date.now();
        for (const call of waiting) call[2] = landing.at;
      }
      // What a page has that is left is parked for the next one. To take it out again would be to lose it.
      if (left) await new Promise((shown) => window.addEventListener('pageshow', shown, { once: true }));
      forgetPlayed();
      earlier = takeParked(id);
      const tell = (call: Call) => play(loaded, call);
      const push = (call: Call) => {
        if (!isSettled() && waiting.length < MAX_WAITING) waiting.push(call);
        tell(call);
        if (left) leave({ type: LEFT });
      };
      // The core keeps what is called before its start, and so takes the earlier pages first and this one last.
      for (const { calls } of earlier) calls.forEach(tell);
      const arrival = earlier[0]?.landing;
      for (const chunk of chunks) if (chunk) chunk.attach(loaded, options, arrival ?? landing);
      loaded.start({
        ...options,
        endpoint: eventsUrl(options.endpoint),
        landing,
        arrival,
        engine: engine.name,
        version: __VERSION__,
        refused,
      });
      const add = (chunk: () => Promise<Inspector | Autocapture>) =>
        chunk().then(({ attach }) => attach(loaded, api, options)).catch(warn);
      if (options.debug) add(inspector);
      if (options.autocapture) add(autocapture);
      // Once more, so as to hear of it after the core: browsers tell a window's listeners in the order in which they came.
      listen('removeEventListener');
      listen('addEventListener');
      core = loaded;
      api.q = { push };
      waiting.forEach(tell);
      return;
    }
  } catch (error) {
    warn('start', error);
  }
  failed = true;
  waiting = waiting.filter((call) => !giveUp(call));
}
