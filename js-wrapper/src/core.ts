/**
 * The compiled core in the shape that the loader calls.
 *
 * Owns the crossing: whatever the site passes becomes a number and a text of fields, which is all that the compiled
 * side reads. Checks nothing but types, since only JavaScript can; what a call means and whether it is right is decided
 * in Rust (`core/options`, `core/call`, `core/signal`).
 */

import { signal, state } from '#glue';
import { connect, FIELD, tell, until_flushed } from '#host';
import type { Core, CoreOptions } from './engine.js';
import type { Landing } from './stub.js';

/** Kinds of signals, by position: the same as in `core/signal.rs`. */
const KINDS = 'start page track identify milestone conversion consent reset flush'.split(' ');

type Fields = readonly unknown[];

const text = (value: unknown): string => (typeof value == 'string' ? value : '');

/** A flag as `1`, `0`, or nothing where it was not given. */
const flag = (value: unknown): number | '' => (typeof value == 'boolean' ? +value : '');

/** A whole number, or nothing. */
const whole = (value: unknown, unit = 1): number | '' => (typeof value == 'number' ? Math.floor(value * unit) : '');

/** JSON; for what has none, something that is not the JSON of an object. */
const json = (value: unknown): string => {
  try {
    return value == null ? '' : (JSON.stringify(value) ?? '!');
  } catch {
    return '!';
  }
};

const landing = (from: Partial<Landing> = {}): Fields => [whole(from.at), text(from.url), text(from.referrer)];

/** What a call of the site says behind the address of the page. */
function fields(method: string, args: unknown[]): Fields {
  const [first, given, options] = args;
  if (method == 'consent') return [text(first)];
  // `toFixed` rather than `String` alone: 0.1 + 0.2 is 0.3, and no money has an exponent.
  const amount = (value: unknown) => (typeof value == 'number' ? +value.toFixed(6) : (value ?? ''));
  let props = given;
  let value: unknown;
  let currency: unknown;
  if (method == 'conversion' && given && typeof given == 'object' && !Array.isArray(given)) {
    const { value: worth, currency: code, ...rest } = given as Record<string, unknown>;
    value = worth;
    currency = code;
    props = Object.keys(rest).length ? rest : undefined;
  }
  // A number is as good a user id as its text.
  const name = method == 'identify' && typeof first == 'number' ? first : text(first);
  const { impact } = (options ?? {}) as { impact?: unknown };
  return [name, json(props), amount(value), currency ?? '', text(impact)];
}

function start(options: CoreOptions): void {
  const { landing: entry, arrival, cookieDomain } = options;
  tell(0, 0, [
    options.key,
    options.endpoint,
    options.version,
    options.engine,
    flag(options.debug),
    text(options.consent),
    flag(options.autoPageViews),
    flag(options.hashRouting),
    flag(options.gaPolling),
    text(cookieDomain),
    whole(options.flushIntervalMs),
    whole(options.batchSize),
    whole(options.heartbeatMs),
    whole(options.sessionIdleMinutes, 60_000),
    whole(options.sessionMaxHours, 3_600_000),
    +!!navigator.locks,
    +!!(document as { prerendering?: boolean }).prerendering,
    +(location.protocol == 'https:'),
    ...landing(entry),
    ...landing(arrival),
  ]);
}

function call(method: string, args: unknown[], at: number, url = location.href): void {
  const kind = KINDS.indexOf(method);
  const { url: other, referrer, title } = (args[0] ?? {}) as Record<string, unknown>;
  tell(kind, at, method == 'page' ? [text(other) || url, text(referrer), text(title)] : [url, ...fields(method, args)]);
}

/** The texts of the core's state, in the order that `state` in `lib.rs` names. */
const seen = (): string[] => state()?.split(FIELD) ?? [];

function ids(): ReturnType<Core['ids']> {
  const [record, tabId = ''] = seen();
  const [visitorId = '', sessionId = ''] = record?.split(' ') ?? [];
  return visitorId ? { visitorId, sessionId, tabId } : undefined;
}

/** The core, which is compiled and listens to the page from here on. */
export function core(): Core {
  connect(signal);
  return {
    start,
    call,
    flush() {
      const flushed = until_flushed();
      tell(KINDS.indexOf('flush'), Date.now());
      return flushed;
    },
    ids,
    debug_state() {
      const [, , queue, dropped, landing, consent, ga] = seen();
      // The session's landing is stored as session, time, URL and page before.
      const touch = landing?.split(' ')[2];
      return { queue: +(queue ?? 0), dropped: +(dropped ?? 0), session: ids(), touch, consent, ga: ga || undefined };
    },
  };
}
