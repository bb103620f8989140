/**
 * The compiled core in the shape that the loader calls.
 *
 * Owns the crossing: whatever the site passes becomes a number and a text of fields, which is all that the compiled
 * side reads. Checks nothing but types, since only JavaScript can; what a call means and whether it is right is decided
 * in Rust (`core/options`, `core/call`, `core/signal`).
 */

import { signal } from '#glue';
import {
  ANSWERS as answers,
  begin,
  connect,
  FIELD,
  memory,
  overhear,
  say_elsewhere,
  state,
  take_problems,
  tell,
  until_flushed,
  watch,
} from '#host';
import type { Core, CoreOptions } from './engine.js';
import { redact } from './redact.js';
import type { Landing } from './stub.js';

/** Kinds of signals, by position: the same as in `core/signal.rs`. */
const KINDS = 'start page track identify milestone conversion consent reset flush'.split(' ');

/** Calls that come as another kind, or as one with a number of its own. */
const OTHERS: Record<string, number> = { alias: 3, group: 20, register: 21, unregister: 21 };

type Fields = readonly unknown[];

const text = (value: unknown): string => (typeof value == 'string' ? value : '');

/** A whole number, or nothing. */
const whole = (value: unknown, unit = 1): number | '' => (typeof value == 'number' ? Math.floor(value * unit) : '');

/** JSON; for what has none, something that is not the JSON of an object. */
const json = (value: unknown): string => {
  try {
    return value === undefined ? '' : (JSON.stringify(value, (_, part) => redact(part)) ?? '!');
  } catch {
    return '!';
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  !!value && typeof value == 'object' && !Array.isArray(value);

/** The names and values of an object, each as JSON. */
const pairs = (of: unknown): Fields =>
  isObject(of) ? Object.entries(of).flatMap((pair) => pair.map(json)) : of == null ? [] : ['', '!'];

/** An arrival as `core/attribution` reads it. */
const arrival = ({ at, url, referrer }: Landing): string =>
  [at, url, referrer].map((part) => `${redact(part)}`.split(' ').join('%20')).join(' ');

/** What a call of the site says behind the address of the page. */
function fields(method: string, args: unknown[]): Fields {
  const [first, given, options] = args;
  if (method == 'consent') return [text(first)];
  if (method == 'register') return [isObject(first) ? json(first) : '!'];
  if (method == 'unregister') return ['', json([first].flat())];
  // A number is as good an id as its text.
  const name = typeof first == 'number' ? first : text(first);
  if (method == 'alias') return [name, text(given) || '='];
  if (method == 'identify' || method == 'group') return [name, '', ...pairs(given)];
  // `toFixed` rather than `String` alone: 0.1 + 0.2 is 0.3, and no money has an exponent.
  const amount = (value: unknown) => (typeof value == 'number' ? +value.toFixed(6) : (value ?? ''));
  let props = given;
  let value: unknown;
  let currency: unknown;
  if (method == 'conversion' && isObject(given)) {
    const { value: worth, currency: code, ...rest } = given;
    value = worth;
    currency = code;
    props = Object.keys(rest).length ? rest : undefined;
  }
  const { impact } = (options ?? {}) as { impact?: unknown };
  return [text(first), json(props ?? undefined), amount(value), `${currency ?? ''}`.toUpperCase(), text(impact)];
}

function start(options: CoreOptions): void {
  const { landing } = options;
  const auto = options.autoPageViews !== false;
  if (auto) {
    watch();
    tell(KINDS.indexOf('page'), landing.at, [landing.url, landing.referrer, '', 1]);
  }
  begin(options, [
    options.key,
    options.endpoint,
    options.version,
    options.engine,
    options.refused ? 'denied' : text(options.consent),
    +(options.debug === true),
    +auto,
    +(options.hashRouting === true),
    +(options.gaPolling !== false),
    +(options.cookieless === true),
    whole(options.flushIntervalMs),
    whole(options.batchSize),
    whole(options.heartbeatMs),
    whole(options.sessionIdleMinutes, 60_000),
    whole(options.sessionMaxHours, 3_600_000),
    arrival(options.arrival ?? landing),
    redact(landing.referrer),
  ]);
}

function call(method: string, args: unknown[], at: number, url = location.href): void {
  // What only chunks call is called by its number.
  const kind = +method || (OTHERS[method] ?? KINDS.indexOf(method));
  const { url: other, referrer, title } = (args[0] ?? {}) as Record<string, unknown>;
  if (method == 'consent') say_elsewhere(text(args[0]));
  tell(kind, at, method == 'page' ? [text(other) || url, text(referrer), text(title)] : [url, ...fields(method, args)]);
}

function ids(): ReturnType<Core['ids']> {
  const [record = '', tabId = ''] = state().split(FIELD);
  const [visitorId = '', sessionId = ''] = record.split(' ');
  return visitorId ? { visitorId, sessionId, tabId } : undefined;
}

/** The core, which is compiled and listens to the page from its start on. */
export function core(): Core {
  connect(signal, redact);
  return {
    start,
    call,
    flush() {
      const flushed = until_flushed();
      tell(KINDS.indexOf('flush'), Date.now());
      return flushed;
    },
    ids,
    overhear,
    state,
    take_problems,
    memory,
    answers,
  };
}
