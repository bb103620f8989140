/** The figures of sessions: how each is called, read from an answer, written, and what it means in a sentence. Pure. */
import type { Schemas } from '../api';
import { duration } from '../format/time';
import { count, money, percent, shortCount, shortMoney } from '../format/value';

export type Figures = Schemas['OverviewFigures'];

export interface FigureKind {
  key: string;
  label: string;
  /** What it means; docs/analytics.md has the whole. */
  help: string;
  /** As a number, for places and bars; `null` where there is none. */
  value: (figures: Figures) => number | null;
  /** In few signs. */
  short: (figures: Figures, currency: string | null) => string;
  /** To the last digit. */
  exact: (figures: Figures, currency: string | null) => string;
  /** A number of the kind, for an axis. */
  axis: (value: number, currency: string | null) => string;
  /** Whether more is better; `null` where it is neither. */
  better: 'more' | 'less' | null;
  /** What the API sorts rows by, where it can. */
  sort?: Schemas['FiguresSort'];
}

const NONE = '–';

function counted(key: 'visitors' | 'new_visitors' | 'sessions' | 'page_views' | 'events' | 'conversions' | 'orders', label: string, help: string, better: FigureKind['better'] = 'more'): FigureKind {
  return {
    key,
    label,
    help,
    better,
    sort: key,
    value: (figures) => figures[key],
    short: (figures) => shortCount(figures[key]),
    exact: (figures) => count(figures[key]),
    axis: shortCount,
  };
}

function rated(key: 'engaged_rate' | 'bounce_rate' | 'conversion_rate', label: string, help: string, better: FigureKind['better']): FigureKind {
  return {
    key,
    label,
    help,
    better,
    value: (figures) => figures[key] ?? null,
    short: (figures) => (figures[key] == null ? NONE : percent(figures[key])),
    exact: (figures) => (figures[key] == null ? 'None: there was no session' : percent(figures[key], 2)),
    axis: (value) => percent(value),
  };
}

function lasted(key: 'mean_duration_ms' | 'mean_visible_ms', label: string, help: string): FigureKind {
  return {
    key,
    label,
    help,
    better: 'more',
    value: (figures) => figures[key] ?? null,
    short: (figures) => (figures[key] == null ? NONE : duration(figures[key])),
    exact: (figures) => (figures[key] == null ? 'None: there was no session' : duration(figures[key])),
    axis: duration,
  };
}

/** Of all that a site's figures are, in the order in which they are shown. */
export const FIGURES = {
  visitors: counted('visitors', 'Visitors', 'Browsers with a session that began in the time.'),
  new_visitors: counted('new_visitors', 'New visitors', 'Visitors whose first session it was.'),
  sessions: counted('sessions', 'Sessions', 'Visits that began in the time.'),
  page_views: counted('page_views', 'Page views', 'Pages that were viewed in the time.'),
  events: counted('events', 'Events', 'Events that happened in the time.'),
  conversions: counted('conversions', 'Conversions', 'What was told as a conversion in the time.'),
  orders: counted('orders', 'Orders', 'Orders of the time, each once.'),
  revenue: {
    key: 'revenue',
    label: 'Revenue',
    help: 'What orders of the time brought, less what refunds took back of it so far, in the site’s currency.',
    better: 'more',
    sort: 'revenue',
    value: (figures) => (figures.revenue.net == null ? null : Number(figures.revenue.net)),
    short: (figures, currency) => (figures.revenue.net == null ? NONE : shortMoney(figures.revenue.net, currency)),
    exact: (figures, currency) => (figures.revenue.net == null ? 'None: the site has no currency' : money(figures.revenue.net, currency)),
    axis: shortMoney,
  },
  conversion_rate: rated('conversion_rate', 'Conversion rate', 'Sessions with a conversion, of all sessions.', 'more'),
  engaged_rate: rated('engaged_rate', 'Engaged rate', 'Sessions with more than ten seconds of visible pages, a conversion or two page views, of all sessions.', 'more'),
  bounce_rate: rated('bounce_rate', 'Bounce rate', 'Sessions that were not engaged, of all sessions.', 'less'),
  mean_duration_ms: lasted('mean_duration_ms', 'Session duration', 'From a session’s start to its last sign of life, as a mean.'),
} satisfies Record<string, FigureKind>;

export type FigureKey = keyof typeof FIGURES;

export function isFigure(text: string | null): text is FigureKey {
  return text !== null && Object.hasOwn(FIGURES, text);
}
