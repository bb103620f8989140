/** Retention as the address has it and the API takes it, and its rows as cohorts with a cell for each period after. Pure. */
import type { Schemas } from '../../lib/api';
import { DIMENSION_LABELS, sayValue, type Dimension } from '../../lib/questions/dimensions';
import { addDays, lengthOf, sayDays, type Days } from '../../lib/questions/range';
import { textOf, type Parameters } from '../../lib/questions/reports';
import { asWord, fromWord, sayStep, type Step } from '../../lib/questions/steps';
import { dateFormat } from '../../lib/format/formats';
import type { QueryChanges } from '../../lib/router/match';

export type Cell = Schemas['RetentionRow'];
export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];
export const PERIOD_LABELS: Record<Period, string> = { day: 'Days', week: 'Weeks', month: 'Months' };

/** Of the first touch: cohorts of its values, not of time. */
export const SPLITS = ['first_channel', 'first_source', 'first_medium', 'first_campaign'] as const satisfies readonly Dimension[];
export type Split = (typeof SPLITS)[number];

/** Fewer people than these say little of how many come back. */
export const LEAST = 10;
export const USUAL_PERIODS = 13;
/** One period more than is told of return: the one in which they began. */
export const MANY_PERIODS = [5, 9, 13, 27, 53] as const;

export interface Asking {
  period: Period;
  periods: number;
  /** When somebody becomes part of a cohort; `null` for when they are first seen. */
  cohort: Split | Step | null;
  /** What counts as coming back; `null` for any visit. */
  returning: Step | null;
  by: 'person' | 'visitor';
}

/** What makes some cohorts of days, which more than a few and fewer than too many to read. */
export function usualPeriod(days: number): Period {
  return days <= 14 ? 'day' : days <= 200 ? 'week' : 'month';
}

export const isSplit = (cohort: Asking['cohort']): cohort is Split => typeof cohort === 'string';

export function readAsking(query: URLSearchParams, days: Days): Asking {
  const period = PERIODS.find((one) => one === query.get('period')) ?? usualPeriod(lengthOf(days));
  const periods = Number(query.get('periods'));
  const cohort = query.get('cohort');
  return {
    period,
    periods: Number.isInteger(periods) && periods >= 2 && periods <= 100 ? periods : USUAL_PERIODS,
    cohort: SPLITS.find((one) => one === cohort) ?? fromWord(cohort),
    returning: fromWord(query.get('returning')),
    by: query.get('by') === 'visitor' ? 'visitor' : 'person',
  };
}

const wordOf = (cohort: Asking['cohort']) => (cohort === null || isSplit(cohort) ? cohort : asWord(cohort));

export function writeAsking({ period, periods, cohort, returning, by }: Asking, days: Days): QueryChanges {
  return {
    period: period === usualPeriod(lengthOf(days)) ? null : period,
    periods: periods === USUAL_PERIODS ? null : String(periods),
    cohort: wordOf(cohort),
    returning: returning && asWord(returning),
    by: by === 'person' ? null : by,
  };
}

export function parametersOf({ period, periods, cohort, returning, by }: Asking) {
  const since = wordOf(cohort);
  const back = returning && asWord(returning);
  return { period, periods, ...(since === null ? {} : { cohort: since }), ...(back === null ? {} : { returning: back }), ...(by === 'person' ? {} : { by }) };
}

/** The address of a retention that was kept. */
export function addressOf(parameters: Parameters): QueryChanges {
  const named = (name: string) => textOf(parameters, name);
  return { period: named('period'), periods: named('periods') === String(USUAL_PERIODS) ? null : named('periods'), cohort: named('cohort'), returning: named('returning'), by: named('by'), at: null };
}

export function sayCohort(cohort: Asking['cohort']): string {
  if (cohort === null) return 'First seen';
  return isSplit(cohort) ? DIMENSION_LABELS[cohort] : `First ${sayStep(cohort)}`;
}

export interface Cohort {
  key: string;
  kind: Cell['kind'];
  /** `2–8 Nov`, `Email`. */
  label: string;
  value: string | null;
  /** Of a period: its days. */
  days: Days | null;
  isWhole: boolean;
  size: number;
  /** By offset. */
  cells: Cell[];
}

export function cohortsOf(rows: readonly Cell[], { period, cohort }: Pick<Asking, 'period' | 'cohort'>, today: string): Cohort[] {
  const cohorts = new Map<string, Cohort>();
  for (const row of rows) {
    const key = `${row.kind} ${row.cohort ?? ''}${row.cohort == null ? '\u0000' : ''}`;
    let found = cohorts.get(key);
    if (found === undefined) {
      const days = row.kind === 'period' && row.cohort ? daysFrom(row.cohort, period) : null;
      const label = days !== null ? sayPeriod(days, period, today) : row.kind === 'others' ? 'All others' : sayValue(isSplit(cohort) ? cohort : 'first_source', row.cohort ?? null);
      found = { key, kind: row.kind, label, value: row.cohort ?? null, days, isWhole: row.is_whole, size: row.size, cells: [] };
      cohorts.set(key, found);
    }
    found.cells[row.offset] = row;
  }
  const all = [...cohorts.values()];
  // Before the first that has anybody there is nothing to tell.
  return all.slice(Math.max(0, all.findIndex(({ size }) => size > 0)));
}

function daysFrom(first: string, period: Period): Days {
  if (period === 'day') return { from: first, to: first };
  if (period === 'week') return { from: first, to: addDays(first, 6) };
  const [year = 0, month = 1] = first.split('-').map(Number);
  return { from: first, to: addDays(new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10), -1) };
}

function sayPeriod(days: Days, period: Period, today: string): string {
  if (period !== 'month') return sayDays(days, today);
  return dateFormat({ month: 'short', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(`${days.from}T00:00:00Z`));
}

/** The last offset at which anybody could have come back, or 1. */
export function lastKnown(curve: readonly Schemas['RetentionPoint'][]): number {
  return Math.max(1, ...curve.filter(({ rate }) => rate != null).map(({ offset }) => offset));
}

/**
 * The cohort of which the greatest part came back at an offset, and of equal ones the larger. Only those count that are large enough
 * and, where they are of time, that nobody can join any more.
 */
export function cameBackMost(cohorts: readonly Cohort[], offset: number): Cohort | null {
  const rate = (cohort: Cohort) => cohort.cells[offset]?.rate ?? -1;
  const counted = cohorts.filter((cohort) => cohort.kind !== 'others' && (cohort.kind === 'value' || cohort.isWhole) && (cohort.cells[offset]?.of ?? 0) >= LEAST && rate(cohort) > 0);
  return counted.toSorted((one, other) => rate(other) - rate(one) || other.size - one.size)[0] ?? null;
}

/** How strongly a cell is coloured, from 0 to 1: of the greatest rate that is no beginning. */
export function heatOf(rate: number | null | undefined, greatest: number): number {
  return rate == null || greatest <= 0 ? 0 : Math.min(1, rate / greatest);
}

export function greatestRate(cohorts: readonly Cohort[]): number {
  return Math.max(0, ...cohorts.flatMap(({ cells }) => cells.slice(1).map(({ rate }) => rate ?? 0)));
}

/** The cohorts whose curves are drawn beside the one of all: the chosen one and those that most is known of, the latest of time. */
export function drawn(cohorts: readonly Cohort[], chosen: Cohort | null, most: number): Cohort[] {
  // One figure is no curve.
  const known = cohorts.filter((cohort) => cohort.kind !== 'others' && cohort.cells.slice(1).filter(({ rate }) => rate != null).length > 1);
  const first = known.filter((cohort) => cohort === chosen);
  const others = known.filter((cohort) => cohort !== chosen);
  const room = most - first.length;
  const picked = known[0]?.kind === 'period' ? others.slice(Math.max(0, others.length - room)) : others.slice(0, room);
  return known.filter((cohort) => first.includes(cohort) || picked.includes(cohort));
}
