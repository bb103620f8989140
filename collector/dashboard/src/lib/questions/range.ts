/** The days that a question is about: presets, dates, and the words for them. Pure; days are texts such as `2026-01-31`. */
import { dateFormat } from '../format/formats';

export const PRESETS = ['today', 'yesterday', '7d', '30d', '90d', '365d'] as const;
export type Preset = (typeof PRESETS)[number];

export const PRESET_LABELS: Record<Preset, string> = {
  today: 'Today',
  yesterday: 'Yesterday',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '365d': 'Last 365 days',
};

export const USUAL_PRESET: Preset = '30d';

/** Both ends included. */
export interface Days {
  from: string;
  to: string;
}

export type Range = { preset: Preset } | { preset: null; days: Days };

const DAY_MS = 86_400_000;

/** Reads the range of an address; what cannot be read is the usual one. */
export function readRange(query: URLSearchParams): Range {
  const days = { from: query.get('from') ?? '', to: query.get('to') ?? '' };
  if (isDay(days.from) && isDay(days.to) && days.from <= days.to) return { preset: null, days };
  const preset = PRESETS.find((one) => one === query.get('range'));
  return { preset: preset ?? USUAL_PRESET };
}

/** What of an address says a range. */
export function writeRange(range: Range): { range: string | null; from: string | null; to: string | null } {
  if (range.preset === null) return { range: null, ...range.days };
  return { range: range.preset === USUAL_PRESET ? null : range.preset, from: null, to: null };
}

/** The days of a range, where `today` is the site's. */
export function daysOf(range: Range, today: string): Days {
  if (range.preset === null) return range.days;
  switch (range.preset) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: addDays(today, -1), to: addDays(today, -1) };
    default:
      return { from: addDays(today, 1 - Number.parseInt(range.preset, 10)), to: today };
  }
}

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days there are, both ends included. */
export function lengthOf({ from, to }: Days): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS) + 1;
}

/** The day that it is in a time zone. */
export function dayIn(at: number, timeZone: string | undefined): string {
  // Swedish dates are written as ISO 8601 has them.
  return dateFormat({ year: 'numeric', month: '2-digit', day: '2-digit', timeZone }, 'sv-SE').format(at);
}

/** `3 Nov`, `3–9 Nov`, `28 Oct – 3 Nov`, with years where they are not `today`'s. */
export function sayDays({ from, to }: Days, today: string): string {
  const withYear = from.slice(0, 4) !== today.slice(0, 4) || to.slice(0, 4) !== today.slice(0, 4);
  const format = dateFormat({
    day: 'numeric',
    month: 'short',
    ...(withYear ? { year: 'numeric' } : {}),
    timeZone: 'UTC',
  });
  const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
  return from === to ? format.format(at(from)) : format.formatRange(at(from), at(to));
}

export function sayRange(range: Range, today: string): string {
  return range.preset === null ? sayDays(range.days, today) : PRESET_LABELS[range.preset];
}
