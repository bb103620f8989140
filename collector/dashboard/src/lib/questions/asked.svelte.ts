/**
 * What every question is asked with: the range, what it is compared with, conditions, a segment, bots. All of it lives in the
 * address; the site and its time zone are the session's.
 */
import { withQuery, type QueryChanges } from '../router/match';
import { router } from '../router/router.svelte';
import { session } from '../session/session.svelte';
import { now } from '../format/now.svelte';
import { readFilter, withFilter, writeFilter, type Filter } from './filters';
import { dayIn, daysOf, readRange, writeRange, type Days, type Range } from './range';

export const COMPARISONS = ['previous', 'year', 'none'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export const COMPARISON_LABELS: Record<Comparison, string> = {
  previous: 'Previous period',
  year: 'Same days last year',
  none: 'No comparison',
};

export const BOTS = ['exclude', 'include', 'only'] as const;
export type Bots = (typeof BOTS)[number];
export const BOT_LABELS: Record<Bots, string> = { exclude: 'Without bots', include: 'With bots', only: 'Bots alone' };

/** The names in the address that are every question's. */
const NAMES = ['range', 'from', 'to', 'compare', 'f', 'segment', 'bots'] as const;

/** Parameters that every question takes, as the API names them. */
export interface Common {
  site: number;
  from: string;
  to: string;
  compare?: 'previous' | 'year';
  filters?: string;
  segment?: string;
  bots?: Bots;
}

class Asked {
  /** The day that it is where the site is. */
  today: string = $derived(dayIn(now.at, session.site?.time_zone));
  range: Range = $derived(readRange(router.query));
  days: Days = $derived(daysOf(this.range, this.today));
  compare: Comparison = $derived(COMPARISONS.find((one) => one === router.query.get('compare')) ?? 'previous');
  bots: Bots = $derived(BOTS.find((one) => one === router.query.get('bots')) ?? 'exclude');
  segment: string | null = $derived(router.query.get('segment'));
  filters: Filter[] = $derived(router.query.getAll('f').flatMap((text) => readFilter(text) ?? []));

  /** Whether anything leaves rows out. */
  narrowed: boolean = $derived(this.filters.length > 0 || this.segment !== null);

  /** `null` while there is no site to ask about. */
  parameters: Common | null = $derived.by(() => {
    if (session.site === null) return null;
    return {
      site: session.site.id,
      ...this.days,
      ...(this.compare === 'none' ? {} : { compare: this.compare }),
      ...(this.filters.length === 0 ? {} : { filters: JSON.stringify(this.filters) }),
      ...(this.segment === null ? {} : { segment: this.segment }),
      ...(this.bots === 'exclude' ? {} : { bots: this.bots }),
    };
  });

  setRange(range: Range): void {
    router.setQuery({ ...writeRange(range) });
  }

  setCompare(compare: Comparison): void {
    router.setQuery({ compare: compare === 'previous' ? null : compare });
  }

  setBots(bots: Bots): void {
    router.setQuery({ bots: bots === 'exclude' ? null : bots });
  }

  setSegment(segment: string | null): void {
    router.setQuery({ segment });
  }

  setFilters(filters: readonly Filter[]): void {
    router.setQuery({ f: filters.map(writeFilter) });
  }

  /** Narrows by one more condition. */
  add(filter: Filter): void {
    this.setFilters(withFilter(this.filters, filter));
  }

  clear(): void {
    router.setQuery({ f: null, segment: null });
  }

  /** A link to another view of questions, about the same days and the same rows. */
  href(path: string, changes: QueryChanges = {}): string {
    const kept: QueryChanges = {};
    for (const name of NAMES) kept[name] = router.query.getAll(name);
    return session.href(path + withQuery('', { ...kept, ...changes }));
  }
}

export const asked = new Asked();
