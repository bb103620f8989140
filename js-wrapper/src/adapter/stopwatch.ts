/**
 * Time that a visitor can have spent on something: only while the page was visible.
 *
 * Owns one listener on the document, from `start` to `stop`. Touches the page in no other way.
 */

/** A running stopwatch. */
export interface Stopwatch {
  /** Ends it; the seconds that it saw, to a tenth. */
  stop(): number;
}

/** Starts a stopwatch that stands still while the page is hidden. */
export function start(): Stopwatch {
  let total = 0;
  let since = performance.now();
  let runs = !document.hidden;
  const look = () => {
    const now = performance.now();
    if (runs) total += now - since;
    since = now;
    runs = !document.hidden;
  };
  document.addEventListener('visibilitychange', look);
  return {
    stop() {
      document.removeEventListener('visibilitychange', look);
      look();
      return Math.round(total / 100) / 10;
    },
  };
}
