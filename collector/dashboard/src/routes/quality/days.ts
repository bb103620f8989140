/** What is told of a site's data by day. Pure. */
import { addDays, lengthOf, type Days } from '../../lib/questions/range';

/** A part of a whole on a day; `null` where there was nothing. */
export interface Part {
  part: number;
  whole: number;
}

export function eachDay(days: Days): string[] {
  return Array.from({ length: lengthOf(days) }, (_, at) => addDays(days.from, at));
}

export function rateOf({ part, whole }: Part): number | null {
  return whole === 0 ? null : part / whole;
}

/** Counts by day, for days that are asked about. */
export function countByDay<R>(rows: readonly R[], dayOf: (row: R) => string, days: readonly string[], counts: (row: R) => boolean = () => true): Part[] {
  const by = new Map(days.map((day) => [day, { part: 0, whole: 0 }]));
  for (const row of rows) {
    const held = by.get(dayOf(row));
    if (held === undefined) continue;
    held.whole += 1;
    if (counts(row)) held.part += 1;
  }
  return [...by.values()];
}

export function sum(parts: readonly Part[]): Part {
  return parts.reduce((all, one) => ({ part: all.part + one.part, whole: all.whole + one.whole }), { part: 0, whole: 0 });
}
