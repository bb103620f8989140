/** Stretches of time as an axis and hints say them, in the site's zone. Pure. */
import { dateFormat } from '../../lib/format/formats';

export type Interval = 'hour' | 'day' | 'week' | 'month';

export const INTERVAL_LABELS: Record<Interval, string> = { hour: 'Hours', day: 'Days', week: 'Weeks', month: 'Months' };

const HOUR_MS = 3_600_000;

/** What the stretches of an answer are, by how far apart the first two begin; days change clocks, months are not alike. */
export function intervalOf(starts: readonly number[], range: { begin: number; end: number }): Interval {
  const [first, second] = starts;
  const apart = second === undefined || first === undefined ? range.end - range.begin : second - first;
  if (apart <= HOUR_MS) return 'hour';
  if (apart <= 25 * HOUR_MS) return 'day';
  return apart <= 8 * 24 * HOUR_MS ? 'week' : 'month';
}

/** The intervals that make a readable series of so many days. */
export function intervalsFor(days: number): Interval[] {
  if (days === 1) return ['hour'];
  if (days <= 7) return ['hour', 'day'];
  if (days <= 31) return ['day', 'week'];
  if (days <= 120) return ['day', 'week', 'month'];
  return ['week', 'month'];
}

/** As short as an axis needs: `14:00`, `3 Nov`, `Nov 2026`. */
export function axisLabel(at: number, interval: Interval, timeZone: string): string {
  return format(at, timeZone, interval === 'hour' ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : interval === 'month' ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' });
}

/** In full: `Tue, 3 Nov 2026, 14:00`, `Week of 2 Nov 2026`. */
export function fullLabel(at: number, interval: Interval, timeZone: string): string {
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  switch (interval) {
    case 'hour':
      return format(at, timeZone, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    case 'day':
      return format(at, timeZone, { weekday: 'short', ...day });
    case 'week':
      return `Week from ${format(at, timeZone, day)}`;
    case 'month':
      return format(at, timeZone, { month: 'long', year: 'numeric' });
  }
}

function format(at: number, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return dateFormat({ ...options, timeZone }).format(at);
}
