/** What narrows and orders the list of journeys, as the address has it. Pure. */

export const SORTS = ['last_seen', 'score', 'stage'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  q: string;
  stage: string;
  source: string;
  /** `only` for bots; empty for everybody else. */
  bots: string;
  channel: string;
  /** Two letters. */
  country: string;
  /** Part of the address of the first landing page. */
  entry_page: string;
  /** Days on which they were there; empty without an end. */
  from: string;
  to: string;
  sort: Sort;
  /** From 0 to 1 as text. Only where the list goes by score or stage. */
  min_score: string;
}

/** Beside what has a place of its own on the page. */
export const FURTHER = ['channel', 'country', 'entry_page', 'from', 'to', 'min_score'] as const;

/** The filters that an address says; what it cannot say is left out. */
export function filtersOf(query: URLSearchParams, hasStage: (key: string) => boolean): Filters {
  const text = (name: string) => query.get(name) ?? '';
  const day = (name: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text(name)) ? text(name) : '');
  const sort = SORTS.find((one) => one === text('sort')) ?? 'last_seen';
  const least = text('min_score');
  const isScore = least !== '' && Number(least) >= 0 && Number(least) <= 1;
  return {
    q: text('q'),
    stage: hasStage(text('stage')) ? text('stage') : '',
    source: text('source'),
    bots: text('bots') === 'only' ? 'only' : '',
    channel: text('channel'),
    country: /^[A-Za-z]{2}$/.test(text('country')) ? text('country').toUpperCase() : '',
    entry_page: text('entry_page'),
    from: day('from'),
    to: day('to'),
    sort,
    min_score: isScore && sort !== 'last_seen' ? least : '',
  };
}

/** Whether anything leaves journeys out. */
export function isNarrowed({ sort: _, ...others }: Filters): boolean {
  return Object.values(others).some((value) => value !== '');
}

/** Whether only the collector can tell if a changed journey belongs into the list, and where. */
export function isSearched(filters: Filters): boolean {
  return filters.q !== '' || filters.sort !== 'last_seen' || FURTHER.some((name) => filters[name] !== '');
}

/** Every name of the address that narrows, as nothing. */
export const CLEARED: Record<string, null> = { q: null, stage: null, source: null, bots: null, channel: null, country: null, entry_page: null, from: null, to: null, min_score: null };
