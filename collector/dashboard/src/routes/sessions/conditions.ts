/** What the list of sessions can be asked, and what of the address's conditions is looked at here, session by session. Pure. */
import type { Schemas } from '../../lib/api';
import type { Field } from '../../lib/questions/dimensions';
import { isExact, type Filter } from '../../lib/questions/filters';

export type Row = Schemas['Page_Session']['data'][number];

export interface Split {
  /** Parameters of the list. */
  asks: { source?: string; channel?: string; country?: string; entry_page?: string };
  /** Held against each session that comes. */
  here: Filter[];
  /** What a session of the list does not tell. */
  left: Filter[];
}

const part = (url: string | null | undefined, of: (url: URL) => string) => (url != null && URL.canParse(url) ? of(new URL(url)) : null);

const VALUES: Partial<Record<Field, (row: Row) => string | null | undefined>> = {
  channel: (row) => row.touch?.channel,
  source: (row) => row.touch?.source,
  medium: (row) => row.touch?.medium,
  campaign: (row) => row.touch?.campaign,
  term: (row) => row.touch?.term,
  content: (row) => row.touch?.content,
  referrer: (row) => part(row.touch?.referrer, (url) => url.host),
  entry_page: (row) => part(row.entry_url, (url) => url.pathname),
  exit_page: (row) => part(row.exit_url, (url) => url.pathname),
  hostname: (row) => part(row.entry_url, (url) => url.host),
  device: (row) => row.device.type,
  browser: (row) => row.device.browser,
  os: (row) => row.device.os,
  country: (row) => row.device.country,
  region: (row) => row.device.region,
  city: (row) => row.device.city,
};

export function split(filters: readonly Filter[]): Split {
  const asks: Split['asks'] = {};
  const here: Filter[] = [];
  const left: Filter[] = [];
  for (const filter of filters) {
    const { dimension, op, values } = filter;
    const [value] = values;
    const single = values.length === 1 && value != null;
    if (op === 'is' && single && (dimension === 'source' || dimension === 'channel' || dimension === 'country') && asks[dimension] === undefined) asks[dimension] = value;
    else if (VALUES[dimension] && readable(filter)) {
      // The list looks for a part of the address, which leaves fewer sessions to look at here.
      if (dimension === 'entry_page' && single && (op === 'is' || op === 'contains') && asks.entry_page === undefined) asks.entry_page = value;
      here.push(filter);
    } else left.push(filter);
  }
  return { asks, here, left };
}

/** Whether a session meets all conditions, as the collector means them. */
export function meets(row: Row, filters: readonly Filter[]): boolean {
  return filters.every(({ dimension, op, values }) => {
    const value = VALUES[dimension]?.(row) ?? null;
    const found = isExact(op)
      ? values.includes(value)
      : value !== null && values.some((one) => (op.endsWith('contains') ? value.toLowerCase().includes((one ?? '').toLowerCase()) : new RegExp(one ?? '', 'u').test(value)));
    return found !== (op === 'is_not' || op.startsWith('not_'));
  });
}

/** Expressions of the collector are not all of the browser's. */
function readable({ op, values }: Filter): boolean {
  if (!op.endsWith('matches')) return true;
  try {
    for (const value of values) new RegExp(value ?? '', 'u');
    return true;
  } catch {
    return false;
  }
}
