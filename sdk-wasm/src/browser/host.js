/**
 * The page's side of the SDK: what Rust cannot do without a binding for every object it touches on the way.
 *
 * Owns listening, requests, locks and storage as the browser has them. Refuses decisions: what happens is told to Rust
 * as a signal (`core/signal.rs` has the table), and what Rust says is done. Nothing here throws into the page.
 */

const HIDDEN = 9;
const VISIBLE = 10;
const LEFT = 11;
const RESTORED = 12;
const ACTIVATED = 13;
const NAVIGATED = 14;
const TOUCHED = 15;
const LOCKED = 16;
const ANSWERED = 17;

/** How long a request may take, in milliseconds. */
const TIMEOUT = 10_000;

/** How long a lock is waited for. A tab that the system has frozen may have been granted it and not know. */
const PATIENCE = 1_000;

/** What separates the fields of a text. */
export const FIELD = '\0';

/** One text of several fields. */
export const join = (fields) => fields.map((field) => `${field ?? ''}`.replaceAll(FIELD, '')).join(FIELD);

let signal;

/** Tells Rust; what goes wrong there is not the page's business. */
export function tell(kind, number, fields = []) {
  try {
    signal(kind, number, join(fields));
  } catch (error) {
    console.warn('[waymark]', error);
  }
}

/** What `job` gives, or `other` where the browser refuses it. */
const attempt = (job, other) => {
  try {
    return job();
  } catch {
    return other;
  }
};

/** Listens to the page from now on and tells `to` of it. */
export function connect(to) {
  signal = to;
  const listen = (target, type, kind) =>
    target.addEventListener(type, (event) => tell(typeof kind == 'number' ? kind : kind(event), Date.now()), {
      capture: true,
      passive: true,
    });
  listen(document, 'visibilitychange', () => (document.hidden ? HIDDEN : VISIBLE));
  listen(document, 'prerenderingchange', ACTIVATED);
  listen(window, 'pagehide', LEFT);
  window.addEventListener('pageshow', ({ persisted }) => persisted && tell(RESTORED, Date.now()));
  window.addEventListener('popstate', navigated);
  for (const type of ['scroll', 'pointerdown', 'keydown']) listen(window, type, TOUCHED);
}

// In a task of its own, so that nothing of it runs within the site's call, and the site's script has returned.
const navigated = () => queueMicrotask(() => tell(NAVIGATED, Date.now(), [location.href]));

/** Hears of navigation within a single-page app; where that is refused, only `popstate` is heard of. */
export function watch() {
  for (const name of ['pushState', 'replaceState']) {
    attempt(() => {
      // A proxy calls the original first, with whatever it was called with, and passes on what it returns or throws.
      history[name] = new Proxy(history[name], {
        apply(original, self, args) {
          const result = Reflect.apply(original, self, args);
          navigated();
          return result;
        },
      });
    });
  }
}

/** Milliseconds of a clock that runs evenly whatever happens to the wall clock. */
export const even = () => performance.now();

/** 48 random bits. */
export const entropy = () =>
  attempt(
    () => {
      const [high, low] = crypto.getRandomValues(new Uint32Array(2));
      return high * 65_536 + (low >>> 16);
    },
    // A page that broke Web Crypto.
    Math.floor(Math.random() * 2 ** 48),
  );

/** What only the page can see of the device. */
function device() {
  const zone = attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  return [screen.width, screen.height, innerWidth, innerHeight, navigator.language, zone];
}

/** The SDK's own keys in storage; those of one tab are in the order of their numbers. */
const keys = () =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith('wm_'))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));

/** In the order of `Ask` in `host.rs`. A sandboxed frame refuses cookies, and many a visitor storage. */
const ANSWERS = [() => [location.href], () => [document.title], () => [document.cookie], keys, device];

/** What the page says; empty if it says nothing. */
export const ask = (what) => join(attempt(ANSWERS[what], []));

/** The parameters of a URL, decoded: a name and a value each. */
export const parameters = (url) => join(attempt(() => [...new URL(url).searchParams].flat(), []));

export const is_hidden = () => document.hidden;

/** Where the window's bottom is in the document, and the document's height, in CSS pixels. */
export const bottom = () => scrollY + innerHeight;
export const height = () => document.documentElement.scrollHeight;

export const set_cookie = (cookie) => attempt(() => (document.cookie = cookie));

/** The tab's own text is for the tab alone; a duplicated tab copies it. */
const store = (key) => (key == 'wm_tab' ? sessionStorage : localStorage);

// Storage may be refused, full or absent: the very access throws where cookies are blocked.
export const load = (key) => attempt(() => store(key).getItem(key), '') ?? '';

/** Writes a text, or removes an empty one. Whether that was done. */
export const save = (key, text) =>
  attempt(() => {
    if (text) store(key).setItem(key, text);
    else store(key).removeItem(key);
    return true;
  }, false);

const requests = new Set();

/**
 * Posts `body` as `text/plain`, which needs no preflight. Whether an answer will be told of: a browser that has no fetch
 * that outlives the page (Firefox before 133) sends a beacon.
 */
export function post(number, url, body, leaving) {
  if (leaving && !('keepalive' in Request.prototype)) {
    attempt(() => navigator.sendBeacon(url, body));
    return false;
  }
  void request(number, url, body, leaving);
  return true;
}

async function request(number, url, body, keepalive) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), TIMEOUT);
  let status = 0;
  let after;
  let results;
  requests.add(control);
  try {
    const { signal } = control;
    const response = await fetch(url, { method: 'POST', body, credentials: 'same-origin', keepalive, signal });
    status = response.status;
    after = response.headers.get('retry-after');
    if (status == 200) ({ results } = await response.json());
  } catch {
    // No answer, or none that can be read: what is missing below says so.
  }
  clearTimeout(timer);
  requests.delete(control);
  const list = Array.isArray(results);
  tell(ANSWERED, number, [status, after, +list, ...(list ? results.flatMap((line) => [line?.id, line?.status]) : [])]);
}

/** Ends every request. */
export const abort = () => requests.forEach((control) => control.abort());

let held;
let unlock;

/**
 * Asks for a lock of all tabs (Web Locks API) and tells when its turn has come. With `keep` it is only taken if it is
 * free, and held until `release`: a page that holds a lock is kept out of the back/forward cache. Without, it is given
 * back once told. Where no answer comes in time, or locks fail, it counts as free: two tabs sending one item is better
 * than none.
 */
export function lock(name, keep, number) {
  let told = false;
  const go = (free) => {
    if (!told) tell(LOCKED, number, [name, +free]);
    told = true;
  };
  try {
    navigator.locks
      .request(name, { ifAvailable: keep }, (lock) => {
        go(!!lock);
        if (keep && lock) return (held ??= new Promise((resolve) => (unlock = resolve)));
      })
      .catch(() => go(true));
    setTimeout(go, PATIENCE, true);
  } catch {
    go(true);
  }
}

/** Gives back every lock. */
export function release() {
  unlock?.();
  held = unlock = undefined;
}

const waiters = [];

/** A promise of what `flushed` says next. */
export const until_flushed = () => new Promise((resolve) => waiters.push(resolve));

/** Tells those who asked for a flush how many items still wait. */
export const flushed = (left) => waiters.splice(0).forEach((resolve) => resolve(left));
