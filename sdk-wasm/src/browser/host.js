/**
 * The page's side of the SDK: what Rust cannot do without a binding for every object it touches on the way.
 *
 * Owns listening, requests, locks and storage as the browser has them, and what stands in where it does not have them: time
 * stamps for locks, the page's memory for storage. Refuses every other decision: what happens is told to Rust as a signal
 * (`core/signal.rs` has the table), and what Rust says is done. Nothing here throws into the page.
 */

const START = 0;
const CONSENT = 6;
const HIDDEN = 9;
const VISIBLE = 10;
const LEFT = 11;
const RESTORED = 12;
const NAVIGATED = 13;
const REPLACED = 14;
const LOCKED = 15;
const ANSWERED = 16;
const RANG = 17;
const ASKED = 18;
const TOUCHED = 19;

/** How long a request may take, in milliseconds. */
const TIMEOUT = 10_000;

/** How long a lock is waited for. A tab that the system has frozen may have been granted it and not know. */
const PATIENCE = 1_000;

/** How long the session's lock is kept once told: what one process stores, another sees a little later, and nothing says
 * that it sees it before it is granted the lock. */
const SPREAD = 100;

/** Without locks: how often a page shows that it is there, and after which silence it is gone. Browsers let hidden tabs
 * wake once a minute. */
const STAMP_EVERY = 60_000;
const STALE = 180_000;

/** What separates the fields of a text. */
export const FIELD = '\0';

/** The linker's parameter in a URL (`linker.ts`): should a page put it back into its address, it still goes no further. */
const LINK = /\b_wm=[^&#"\s]*&|[?&]_wm=[^&#"\s]*(?![^#"\s])/g;

/** One text of several fields. */
const join = (fields) => fields.map((field) => `${field ?? ''}`.replaceAll(FIELD, '').replace(LINK, '')).join(FIELD);

/** What `job` gives, or `other` where the browser refuses it. */
export const attempt = (job, other) => {
  try {
    return job();
  } catch {
    return other;
  }
};

let signal;

/** What is still to be told, and whether it has to wait: for the start, or for what Rust is doing. */
const line = [];
let busy = true;

function work() {
  busy = true;
  try {
    while (line.length) signal(...line.shift());
  } catch (error) {
    // A fault in Rust, which is not the page's business; it has lost its way and hears of nothing more.
    signal = () => {};
    console.warn('[waymark]', error);
  }
  busy = false;
}

let ear = () => {};

/** Has `to` hear of everything just before Rust does; it throws nothing. */
export const overhear = (to) => (ear = to);

/** The wrapper's guard: an address without what is personal in it. */
let redact;

/** Tells Rust, now or when it has time. */
export const tell = (kind, number, fields = []) =>
  attempt(() => {
    ear(kind, fields);
    line.push([kind, number, join(fields.map(redact))]);
    if (!busy) work();
  });

/** What the site looks at items with, and whether nothing is to be stored. */
let beforeSend;
let cookieless;

/** Has `to` be told of everything, with addresses that have gone through `guard`. */
export function connect(to, guard) {
  signal = to;
  redact = guard;
}

/** Tells Rust to begin, and what happens on the page from now on; what was told before waits for that. */
export function begin(options, fields) {
  ({ beforeSend, cookieless, cookieDomain: domain } = options);
  const listen = (target, type, kind) =>
    target.addEventListener(type, () => tell(kind ?? (document.hidden ? HIDDEN : VISIBLE), Date.now()), {
      capture: true,
      passive: true,
    });
  listen(document, 'visibilitychange');
  listen(window, 'pagehide', LEFT);
  window.addEventListener('pageshow', ({ persisted }) => persisted && tell(RESTORED, Date.now()));
  window.addEventListener('popstate', navigated);
  window.addEventListener('storage', ({ key, newValue }) => {
    // Another tab's opt-out or its end; or granted or denied: that nobody has been asked yet is no visitor's word.
    const said = key == OUT ? (newValue ? 'denied' : 'as_set') : key == SAID && /d$/.test(newValue) && newValue;
    if (said) tell(CONSENT, Date.now(), [location.href, said, 1]);
  });
  for (const type of ['scroll', 'pointerdown', 'keydown']) listen(window, type, TOUCHED);
  line.unshift([START, options.landing.at, join(fields)]);
  work();
}

let said = '';

/** Rust's answer to {@link state}. */
export const say = (text) => (said = text);

/** The engine's state as `Engine::state` says it. */
export function state() {
  if (!busy) tell(ASKED, 0);
  return said;
}

/** The text that says to the other tabs what the visitor has agreed to, for as long as it takes to write and remove it. */
const SAID = 'wm_say';

/**
 * Tells the other tabs. The event of storage reaches exactly the pages that share what is stored, in every browser; a
 * BroadcastChannel would be more bytes, and keeps pages out of the back/forward cache in some.
 */
export function say_elsewhere(consent) {
  save(SAID, consent);
  save(SAID, '');
}

// In a task of its own, so that nothing of it runs within the site's call, and the site's script has returned.
const navigated = (how) =>
  queueMicrotask(() => tell(how == 'replaceState' ? REPLACED : NAVIGATED, Date.now(), [location.href]));

/** Hears of navigation within a single-page app; where that is refused, only `popstate` is heard of. */
export function watch() {
  for (const name of ['pushState', 'replaceState']) {
    attempt(() => {
      // A proxy calls the original first, with whatever it was called with, and passes on what it returns or throws.
      history[name] = new Proxy(history[name], {
        apply(original, self, args) {
          const result = Reflect.apply(original, self, args);
          navigated(name);
          return result;
        },
      });
    });
  }
}

let timer;

/** Tells Rust in `wait` milliseconds, in place of what was asked for before. */
export function ring(wait) {
  clearTimeout(timer);
  if (wait < 1 / 0) timer = setTimeout(tell, wait, RANG, 0);
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

/** What only the page can see of the device: the protocol's `Device`. */
const device = () =>
  JSON.stringify({
    screen_width: screen.width,
    screen_height: screen.height,
    viewport_width: innerWidth,
    viewport_height: innerHeight,
    language: navigator.language,
    time_zone: attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  });

/** The keys that begin with `prefix`. */
export const keys = (prefix) => Object.keys(store(prefix)).filter((key) => key.startsWith(prefix));

/** The tabs that have something in storage. */
const tabs = () => [...new Set(keys('wm_').flatMap((key) => /^wm_[cq]\.(.{36})/.exec(key)?.[1] ?? []))];

let domain;

/** The domains to which the page's host belongs, the widest first. */
const domains = (labels = location.hostname.split('.')) => labels.map((_, at) => labels.slice(~at).join('.'));

/** The domain of the visitor's cookie: unless the site says otherwise the widest for which the browser takes one, which no
 * list in a script could know. It is tried with a cookie that is removed at once. */
const site = () =>
  closed ? '' : (domain ||=
    domains().find((domain) => {
      // With letters: digits alone may look like a card's.
      const probe = 'wm_probe=' + Math.random().toString(36);
      const cookie = `${probe}; path=/; domain=${domain}`;
      document.cookie = cookie;
      const taken = document.cookie.includes(probe);
      document.cookie = cookie + '; max-age=0';
      return taken;
    }) ?? '');

/** In the order of `Ask` in `host.rs`; a chunk may know better. A sandboxed frame refuses cookies, and many a visitor
 * storage. */
export const ANSWERS = [
  () => [redact(location.href)],
  () => [document.title],
  () => [closed ? '' : document.cookie],
  tabs,
  () => [device()],
  () => [site()],
];

/** What the page says; empty if it says nothing. */
export const ask = (what) => join(attempt(ANSWERS[what], []));

/** The parameters of a URL, decoded: a name and a value each. */
export const parameters = (url) => join(attempt(() => [...new URL(url).searchParams].flat(), []));

export const is_hidden = () => document.hidden;

/** How far down the document the window's bottom is; a document without height has no bottom. */
export const scrolled = () => {
  const height = document.documentElement.scrollHeight;
  return height && (scrollY + innerHeight) / height;
};

/** 400 days in seconds: the longest life that Chromium grants a cookie. */
const LIFE = 34_560_000;

const write = (id, life, to) => {
  const secure = location.protocol == 'https:' ? '; secure' : '';
  document.cookie = `wm_id=${id}; path=/; samesite=lax; max-age=${life}; domain=${to}${secure}`;
};

/** Writes the visitor's cookie, in place of one for the page's own host alone. Where that is the one to be written, it is
 * never away in between: another tab would take the visitor for a new one. */
export const set_cookie = (id) =>
  attempt(() => {
    if (closed) return;
    if (site()) write('', 0, '');
    write(id, LIFE, site());
  });

/** Whether nothing is stored from now on, so that {@link memory} is all there is. */
let closed = false;

/** The tab's own text is for the tab alone; a duplicated tab copies it. */
const store = (key) => (closed ? null : key == 'wm_tab' ? sessionStorage : localStorage);

/** What {@link keep} could not store, and what a link of a sister site brought. */
export const memory = {};

// Storage may be refused, full or absent: the very access throws where cookies are blocked.
export const load = (key) => memory[key] ?? attempt(() => store(key).getItem(key)) ?? '';

/** Writes a text, or removes an empty one. Whether that was done. */
export const save = (key, text) =>
  attempt(() => {
    if (text) store(key).setItem(key, text);
    else store(key).removeItem(key);
    return true;
  }, false);

/** Whether this page knows who the visitor is: nothing is kept before. It holds as well if Rust can be asked no more; Firefox
 * ends the script at work when the visitor enters another address. */
export let settled = false;

/** Writes a text that the page cannot do without; where storage refuses it, the page works on as if it had not. */
export function keep(key, text) {
  settled = true;
  delete memory[key];
  if (!save(key, text)) memory[key] = text;
}

/** What is stored under `prefix` and a number: number and text, by number. */
export const stored = (prefix) =>
  join(
    attempt(
      () =>
        keys(prefix)
          .map((key) => key.slice(prefix.length))
          .sort((a, b) => a - b)
          .flatMap((number) => [number, load(prefix + number)]),
      [],
    ),
  );

/** Removes everything that was stored. A page that is to store nothing has removed what others had stored, and begins. */
export function clear() {
  for (const key in memory) delete memory[key];
  save('wm_tab', '');
  // For whichever domain it was: to find that out would be to set another.
  attempt(() => ['', ...domains()].forEach((domain) => write('', 0, domain)));
  attempt(() => keys('wm_').forEach((key) => save(key, '')));
  closed = cookieless;
}

/** What an opt-out leaves behind. {@link clear} does not know it. */
const OUT = 'wm-out';

/** The same where storage is refused: for this page alone. */
let out = false;

/** Whether the visitor has opted out, in whichever tab. */
export const is_out = () => attempt(() => !!localStorage.getItem(OUT), out);

/** Keeps that the visitor has opted out, or forgets it. */
export function set_out(now) {
  out = now;
  attempt(() => (now ? localStorage.setItem(OUT, 1) : localStorage.removeItem(OUT)));
}

/** Properties that the site adds to its events. */
const SUPER = 'wm_p';

/** Those properties with others added and some left out, which are JSON: an object, a list of names. */
export const merge = (add, without) =>
  attempt(() => {
    const all = { ...JSON.parse(load(SUPER) || '{}'), ...JSON.parse(add || '{}') };
    for (const name of JSON.parse(without || '[]')) delete all[name];
    return Object.keys(all).length ? JSON.stringify(all) : '';
  }, load(SUPER));

/**
 * An item as it will be sent: JSON, the user it names, and whether the site's function failed on it; empty if the site
 * does not want it. What that function may change is what the item says; whose and which it is stays.
 */
export function filter(json) {
  const item = JSON.parse(json);
  const all = item.type == 'event' && merge();
  if (all) item.data.props = { ...JSON.parse(all), ...item.data.props };
  const said = (data, failed) => join([JSON.stringify({ ...item, data }), data.user_id, failed]);
  try {
    const copy = JSON.parse(JSON.stringify(item));
    // A function that returns nothing has changed what it got.
    const changed = beforeSend ? (beforeSend.call ? beforeSend : window[beforeSend])(copy) : item;
    return changed === null ? '' : said((changed ?? copy).data);
  } catch {
    return said(item.data, 1);
  }
}

let problems = [];

/** Keeps the number of a problem. Rust says them in debug mode alone. */
export const warn = (problem) => problems.push(problem);

/** The numbers since the last time, separated by spaces. */
export function take_problems() {
  const taken = problems.join(' ');
  problems = [];
  return taken;
}

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
/** Gives the session's lock back. */
let spread;

/** The tabs that this page is in charge of. */
const mine = [];
let stamping;

/** Without locks. */
const stamp = () => mine.forEach((tab) => save('wm_h.' + tab, Date.now()));

/**
 * Asks for a lock of all tabs (Web Locks API) and tells when its turn has come. A tab's lock is only taken if it is free,
 * and held until `release`: a page that holds a lock is kept out of the back/forward cache; one that this page has is free to it,
 * since more of a dead tab's queue may be seen by now. The session's, for which
 * `tab` is empty, is given back a little after that was told. Where no answer comes in time, or locks fail, it counts as free: two tabs
 * sending one item is better than none. A browser without locks (before Safari 15.4, or on plain http) has time stamps
 * for tabs, renewed as long as the page is there.
 */
export function lock(tab, number) {
  let told = false;
  const go = (free) => {
    if (!told) tell(LOCKED, number, [tab, +free]);
    told = true;
  };
  if (mine.includes(tab)) return go(true);
  try {
    navigator.locks
      .request(tab ? 'wm-tab-' + tab : 'wm-session', { ifAvailable: !!tab }, (lock) => {
        go(!!lock);
        if (!tab) return new Promise((resolve) => setTimeout((spread = resolve), SPREAD));
        if (lock) {
          mine.push(tab);
          return (held ??= new Promise((resolve) => (unlock = resolve)));
        }
      })
      .catch(() => go(true));
    setTimeout(go, PATIENCE, true);
  } catch {
    const free = !tab || Math.abs(Date.now() - load('wm_h.' + tab)) > STALE;
    if (tab && free) {
      mine.push(tab);
      stamp();
      stamping ??= setInterval(stamp, STAMP_EVERY);
    }
    go(free);
  }
}

/** Gives back every lock. The next page of this tab need not wait for a time stamp to get stale. */
export function release() {
  unlock?.();
  spread?.();
  held = unlock = undefined;
  for (const tab of mine.splice(0)) save('wm_h.' + tab, '');
}

const waiters = [];

/** A promise of what `flushed` says next. */
export const until_flushed = () => new Promise((resolve) => waiters.push(resolve));

/** Tells those who asked for a flush how many items still wait. */
export const flushed = (left) => waiters.splice(0).forEach((resolve) => resolve(left));
