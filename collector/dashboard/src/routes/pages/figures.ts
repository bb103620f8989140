/** The figures of pages: how each is called, read from an answer, written, and what it means in a sentence. Pure. */
import type { Schemas } from '../../lib/api';
import { duration } from '../../lib/format/time';
import { count, percent, shortCount } from '../../lib/format/value';

export type PageRow = Schemas['PageRow'];

export interface PageFigure {
  key: string;
  label: string;
  help: string;
  value: (page: PageRow) => number | null;
  /** In few signs. */
  short: (page: PageRow) => string;
  /** To the last digit. */
  exact: (page: PageRow) => string;
  better: 'more' | 'less' | null;
  /** Left out on a phone. */
  minor: boolean;
}

/** What the API sorts pages by. */
export const SORTS = ['views', 'visitors', 'sessions', 'entries', 'exits'] as const satisfies readonly Schemas['PageSort'][];

const NONE = '–';
const UNMEASURED = 'None: no view told for how long it was visible or how far it was scrolled';

function counted(key: (typeof SORTS)[number], label: string, help: string, minor = false): PageFigure {
  const better = key === 'exits' ? null : 'more';
  return { key, label, help, minor, better, value: (page) => page[key], short: (page) => shortCount(page[key]), exact: (page) => count(page[key]) };
}

function measured(
  key: 'mean_visible_ms' | 'median_scroll' | 'deep_rate',
  label: string,
  help: string,
  write: { short: (value: number) => string; exact: (value: number) => string },
): PageFigure {
  const said = (how: (value: number) => string, none: string) => (page: PageRow) => (page[key] == null ? none : how(page[key]));
  const exact = (page: PageRow) =>
    page[key] == null ? UNMEASURED : `${write.exact(page[key])} over ${count(page.measured_views)} of ${count(page.views)} views`;
  return { key, label, help, minor: true, better: 'more', value: (page) => page[key] ?? null, short: said(write.short, NONE), exact };
}

export const FIGURES: readonly [PageFigure, ...PageFigure[]] = [
  counted('views', 'Views', 'How often the page was viewed.'),
  counted('visitors', 'Visitors', 'Visitors who viewed it.'),
  counted('sessions', 'Sessions', 'Sessions in which it was viewed.', true),
  counted('entries', 'Entries', 'Sessions that began in these days and of which it was the first page.', true),
  counted('exits', 'Exits', 'Sessions that began in these days and of which it was the last page.', true),
  measured('mean_visible_ms', 'Visible', 'For how long a view was visible on average. Time in a hidden tab does not count.', { short: duration, exact: duration }),
  measured('median_scroll', 'Scrolled', 'How far half of the views were scrolled at least, in per cent of the page.', {
    short: (value) => `${count(value)} %`,
    exact: (value) => `${count(value)} %`,
  }),
  measured('deep_rate', 'To the end', 'Views in which nine tenths of the page or more were scrolled over.', {
    short: (value) => percent(value),
    exact: (value) => percent(value, 2),
  }),
];

/** A page in words: its path, or that its address could not be read. */
export function sayPage(page: PageRow): string {
  return page.path ?? 'Unknown';
}
