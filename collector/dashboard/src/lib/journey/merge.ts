/**
 * Bringing what arrives live together with what was loaded. Order is by time, latest first, with the id to settle
 * equal times, which is the API's own order; so a merged list and a reloaded one agree.
 */
import type { Entry, Journey } from '../api/types';

const descending = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0);

const byLastSeen = (a: Journey, b: Journey) => b.last_seen - a.last_seen || descending(a.visitor_id, b.visitor_id);
const byTime = (a: Entry, b: Entry) => b.at - a.at || descending(a.id, b.id);

/** Replaces known journeys, adds new ones that `keep` takes, and drops changed ones that it no longer takes. */
export function mergeJourneys<J extends Journey>(rows: readonly J[], incoming: readonly J[], keep: (journey: J) => boolean): J[] {
  const merged = new Map(rows.map((row) => [row.visitor_id, row]));
  for (const journey of incoming) {
    if (keep(journey)) merged.set(journey.visitor_id, journey);
    else merged.delete(journey.visitor_id);
  }
  return [...merged.values()].sort(byLastSeen);
}

/** A list whose first page was read again. What is not on it and would be has gone elsewhere, or is no more; what comes after it stays. */
export function withFirstPage<J extends Journey>(rows: readonly J[], page: readonly J[]): J[] {
  const last = page.at(-1);
  const further = last === undefined ? [] : rows.filter((row) => byLastSeen(row, last) > 0);
  return mergeJourneys(further, page, () => true);
}

/** Adds entries and replaces those with a known id; a page view's visible time arrives that way. */
export function mergeEntries(entries: readonly Entry[], incoming: readonly Entry[]): Entry[] {
  const merged = new Map(entries.map((entry) => [entry.id, entry]));
  for (const entry of incoming) merged.set(entry.id, entry);
  return [...merged.values()].sort(byTime);
}
