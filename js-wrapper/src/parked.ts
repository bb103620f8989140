/**
 * Calls of a page that was left before its core was there, kept for the site's next page.
 *
 * Owns the localStorage keys that begin with {@link PREFIX}. Every function tolerates blocked, full and foreign storage. A
 * record belongs to one page and has a key of its own: pages of several processes are left at one moment, and one list
 * would be read and written by all of them. Whoever takes a record out replays it, so that calls are neither lost nor made
 * twice.
 */

import { attempt, keys, load, save } from '#host';
import { redact } from './redact.js';
import type { Call, Landing } from './stub.js';

/** Before the id of a page; a {@link Parked} as JSON. */
const PREFIX = 'wm_stub.';

/** Pages kept at most; the oldest goes first. */
const MAX_PAGES = 20;

/** Characters kept at most: a small part of the 5 MB that the site's own code may want. */
const MAX_CHARS = 100_000;

/** A page that was only hidden may come back and play its calls itself. After this long nobody waits for it. */
const HIDDEN_MS = 60_000;

/** What one page left behind. */
export interface Parked {
  /** Tells this page's record from others. */
  id: string;
  /** When it was written, in milliseconds since the Unix epoch. */
  at: number;
  /** Whether the page was left, rather than only hidden. */
  left: boolean;
  /** How the visitor arrived at that page. */
  landing: Landing;
  /** In the order in which they were made. */
  calls: Call[];
}

/** The records that can be read, the earliest first. */
const read = (): Parked[] =>
  attempt(() => keys(PREFIX), [])
    .flatMap((key) => attempt(() => [JSON.parse(load(key)) as Parked], []))
    .filter((page) => page?.landing && Array.isArray(page.calls))
    .sort((one, other) => one.at - other.at);

const remove = (page: Parked) => save(PREFIX + page.id, '');

/** Keeps `page`, in place of what it kept before. Whether it is kept now; what cannot be written is lost with the page. */
export const park = (page: Parked): boolean =>
  attempt(() => {
    const pages = [...read().filter((other) => other.id != page.id), page];
    while (pages.length > MAX_PAGES || JSON.stringify(pages).length > MAX_CHARS) remove(pages.shift() as Parked);
    return pages.length > 0 && save(PREFIX + page.id, JSON.stringify(page, (_, value) => redact(value)));
  }, false);

/** Whether the record of page `id` is still there. */
export const isParked = (id: string): boolean => !!load(PREFIX + id);

/** Takes out what pages left behind that are gone, and the record of the page `id` itself, which is not returned. */
export function takeParked(id: string): Parked[] {
  const gone = read().filter((page) => page.id == id || page.left || !(Date.now() - page.at < HIDDEN_MS));
  gone.forEach(remove);
  return gone.filter((page) => page.id != id);
}
