/** Times and durations as words. Times are of the zone that is named, else of the viewer's; `iso` is the exact one for a title. */
import { dateFormat } from './formats';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** `just now`, `42 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. A clock ahead of ours reads as now. */
export function relative(at: number, now: number, timeZone?: string): string {
  const age = now - at;
  if (age < 10 * SECOND) return 'just now';
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)} d ago`;
  return date(at, now, timeZone);
}

/** `12 May`, with the year where it is not this one. */
export function date(at: number, now: number, timeZone?: string): string {
  const year = (time: number) => dateFormat({ year: 'numeric', timeZone }).format(time);
  return dateFormat({
    day: 'numeric',
    month: 'short',
    ...(year(at) === year(now) ? {} : { year: 'numeric' }),
    timeZone,
  }).format(at);
}

/** `14:03`, or with seconds `14:03:09`. */
export function clock(at: number, seconds = false, timeZone?: string): string {
  return dateFormat({
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
    timeZone,
  }).format(at);
}

/** `Today, 14:03`, `Yesterday, 14:03`, `12 May, 14:03`. */
export function dateTime(at: number, now: number, timeZone?: string): string {
  const day = (time: number) => dateFormat({ dateStyle: 'short', timeZone }).format(time);
  const label = day(at) === day(now) ? 'Today' : day(at) === day(now - DAY) ? 'Yesterday' : date(at, now, timeZone);
  return `${label}, ${clock(at, false, timeZone)}`;
}

/** A length of time in its two largest units: `850 ms`, `42 s`, `5 min 8 s`, `3 h 20 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 0) return '0 s';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  // Rounded first, so that 59.7 s reads as a minute and not as 60 s.
  const s = Math.round(ms / SECOND);
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), 'min', s % 60, 's');
  const min = Math.round(s / 60);
  if (min < 24 * 60) return two(Math.floor(min / 60), 'h', min % 60, 'min');
  const h = Math.round(min / 60);
  return two(Math.floor(h / 24), 'd', h % 24, 'h');
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
