/**
 * Calls of a page that was left before its core was there, kept for the site's next page.
 *
 * Owns one localStorage key, {@link STORAGE_KEY}. Every function tolerates blocked, full and foreign storage. A record
 * belongs to one page; whoever takes it out replays it, so that calls are neither lost nor made twice.
 */

import { redact } from './redact.js';
import type { Call, Landing } from './stub.js';

/** A list of {@link Parked} as JSON. */
export const STORAGE_KEY = 'wm_stub';

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

function read(): Parked[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) || '[]');
    return Array.isArray(list) ? list.filter((page) => page?.landing && Array.isArray(page.calls)) : [];
  } catch {
    return [];
  }
}

function write(pages: Parked[]): boolean {
  try {
    for (; pages.length; pages.shift()) {
      const text = JSON.stringify(pages, (_, value) => redact(value));
      if (text.length <= MAX_CHARS && pages.length <= MAX_PAGES) {
        localStorage.setItem(STORAGE_KEY, text);
        return true;
      }
    }
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Blocked or full: what was not written is lost with the page, as everything is there.
  }
  return false;
}

/** Keeps `page`, in place of what it kept before. Whether it is kept now. */
export function park(page: Parked): boolean {
  return write([...read().filter((other) => other.id != page.id), page]);
}

/** Whether the record of page `id` is still there. */
export function isParked(id: string): boolean {
  return read().some((page) => page.id == id);
}

/** Takes out what pages left behind that are gone, and the record of the page `id` itself, which is not returned. */
export function takeParked(id: string): Parked[] {
  const ended = (page: Parked) => page.left || !(Date.now() - page.at < HIDDEN_MS);
  const pages = read();
  if (pages.length) write(pages.filter((page) => page.id != id && !ended(page)));
  return pages.filter((page) => page.id != id && ended(page));
}
