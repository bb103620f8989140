/** The list of journeys under one set of filters: loading, further pages, and what arrives live. */
import { api, isAbort, type Journey, type ListedJourney } from '../../lib/api';
import { matchesFilters } from '../../lib/journey/describe';
import { mergeJourneys, withFirstPage } from '../../lib/journey/merge';
import { Fresh } from '../../lib/live/fresh.svelte';
import { live } from '../../lib/live/live.svelte';
import { isNarrowed, isSearched, type Filters } from './filters';

const PAGE = 50;
/** Only the collector can tell whether a changed journey matches a search; it is asked at most this often. */
const SEARCH_AGAIN_MS = 1000;
/** Scores are judged a while after what they follow from. */
const SCORES_AGAIN_MS = 8000;
const MOST = 500;

export class JourneyList {
  rows: ListedJourney[] = $state.raw([]);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  cursor: string | null = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  readonly fresh = new Fresh();

  readonly site: number;
  readonly filters: Filters;
  readonly page: number;
  /** Nothing while nothing is under way. */
  #loading: AbortController | null = null;
  /** What came live while the first page was under way: newer than the answer, or about to be followed by what is. */
  #meanwhile: Journey[] = [];
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(site: number, filters: Filters, page = PAGE) {
    this.site = site;
    this.filters = filters;
    this.page = page;
  }

  get narrowed(): boolean {
    return isNarrowed(this.filters);
  }

  /** Whether rows stand by when they were seen last, which is the order that they can be merged in here. */
  get #isPlain(): boolean {
    return this.filters.sort === 'last_seen';
  }

  /** Loads and follows the list until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      journeys: (journeys) => this.#arrived(journeys),
      resync: () => void this.load(),
    });
    void this.load();
    return () => {
      silence();
      clearTimeout(this.#again);
      this.#again = undefined;
      this.#loading?.abort();
    };
  }

  /** Loads the first page; of another order than by time, as many rows as are here. Rows already here stay on the screen and keep their further pages. */
  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#meanwhile = [];
    if (this.status === 'failed') this.status = 'loading';
    try {
      const limit = this.#isPlain ? this.page : Math.min(Math.max(this.rows.length, this.page), MOST);
      const page = await api.visitors(this.site, this.filters, { limit, signal: loading.signal });
      // A page that is the last holds all there is; before a next one, further pages may be here already.
      const whole = page.next_cursor === null || !this.#isPlain;
      if (whole || this.status !== 'ready' || this.cursor === null) this.cursor = page.next_cursor;
      const loaded = whole ? page.data : withFirstPage(this.rows, page.data);
      this.rows = this.#isPlain ? mergeJourneys(loaded, this.#known(this.#meanwhile, loaded), this.#belongs) : loaded;
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted) return;
      // Rows that are here are better than none; the stream's state shows that they may be old.
      if (this.status === 'ready') return;
      this.error = error;
      this.status = 'failed';
    } finally {
      if (this.#loading === loading) this.#loading = null;
    }
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    this.busy = true;
    this.moreError = null;
    try {
      const page = await api.visitors(this.site, this.filters, { cursor: this.cursor, limit: this.page });
      const here = new Set(this.rows.map((row) => row.visitor_id));
      this.rows = this.#isPlain ? mergeJourneys(page.data, this.rows, () => true) : [...this.rows, ...page.data.filter((row) => !here.has(row.visitor_id))];
      this.cursor = page.next_cursor;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
  }

  #belongs = (journey: Journey) => matchesFilters(journey, this.filters);

  /** What arrives live says nothing of scores; those that are known stay. */
  #known(journeys: readonly Journey[], rows: readonly ListedJourney[] = this.rows): ListedJourney[] {
    const kept = new Map(rows.map((row) => [row.visitor_id, row.kept ?? null]));
    return journeys.map((journey) => ({ ...journey, kept: kept.get(journey.visitor_id) ?? null }));
  }

  #arrived(journeys: Journey[]): void {
    let taken = journeys;
    if (isSearched(this.filters)) {
      const here = new Set(this.rows.map((row) => row.visitor_id));
      taken = journeys.filter((journey) => here.has(journey.visitor_id));
    }
    this.#loadAfter(isSearched(this.filters) ? SEARCH_AGAIN_MS : SCORES_AGAIN_MS);
    this.#meanwhile.push(...taken);
    const known = this.#known(taken);
    if (this.#isPlain) this.rows = mergeJourneys(this.rows, known, this.#belongs);
    else {
      const changed = new Map(known.map((one) => [one.visitor_id, one]));
      this.rows = this.rows.map((row) => changed.get(row.visitor_id) ?? row);
    }
    this.fresh.mark(taken.map((journey) => journey.visitor_id));
  }

  #loadAfter(wait: number): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      // What takes longer than this would never be answered.
      if (this.#loading !== null) this.#loadAfter(wait);
      else void this.load();
    }, wait);
  }
}

/** Lists that were looked at keep their rows, so that going back to one shows it at once and at its old place. */
const KEPT = 4;
/** A board has as many as there are stages. */
const KEPT_COLUMNS = 24;
const kept = new Map<string, JourneyList>();
const columns = new Map<string, JourneyList>();

function keptIn(all: Map<string, JourneyList>, most: number, site: number, filters: Filters, page?: number): JourneyList {
  const key = JSON.stringify([site, filters]);
  const list = all.get(key) ?? new JourneyList(site, filters, page);
  all.delete(key);
  all.set(key, list);
  for (const oldest of all.keys()) {
    if (all.size <= most) break;
    all.delete(oldest);
  }
  return list;
}

export function journeyList(site: number, filters: Filters): JourneyList {
  return keptIn(kept, KEPT, site, filters);
}

/** The journeys at one stage, some at a time. */
export function stageColumn(site: number, filters: Filters, page: number): JourneyList {
  return keptIn(columns, KEPT_COLUMNS, site, filters, page);
}

/** A journey that some list has, to show its head before its page has loaded. */
export function listedJourney(site: number, visitorId: string): Journey | null {
  for (const list of [...kept.values(), ...columns.values()]) {
    if (list.site !== site) continue;
    const row = list.rows.find((journey) => journey.visitor_id === visitorId);
    if (row) return row;
  }
  return null;
}
