/** The list of journeys under one set of filters: loading, further pages, and what arrives live. */
import { api, isAbort, type Journey } from '../../lib/api';
import { matchesFilters } from '../../lib/journey/describe';
import { mergeJourneys } from '../../lib/journey/merge';
import { Fresh } from '../../lib/live/fresh.svelte';
import { live } from '../../lib/live/live.svelte';

export interface Filters {
  q: string;
  stage: string;
  source: string;
  /** `only` for bots; empty for everybody else. */
  bots: string;
}

const PAGE = 50;
/** Only the collector can tell whether a changed journey matches a search; it is asked at most this often. */
const SEARCH_AGAIN_MS = 1000;

export class JourneyList {
  rows: Journey[] = $state.raw([]);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  cursor: string | null = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  readonly fresh = new Fresh();

  readonly site: number;
  readonly filters: Filters;
  #loading: AbortController | null = null;
  /** What came live while the first page was under way: newer than the answer, or about to be followed by what is. */
  #meanwhile: Journey[] = [];
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(site: number, filters: Filters) {
    this.site = site;
    this.filters = filters;
  }

  get narrowed(): boolean {
    return Object.values(this.filters).some((value) => value !== '');
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

  /** Loads the first page. Rows already here stay on the screen and keep their further pages. */
  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#meanwhile = [];
    if (this.status === 'failed') this.status = 'loading';
    try {
      const page = await api.visitors(this.site, this.filters, { limit: PAGE, signal: loading.signal });
      // A page that is the last holds all there is; before a next one, further pages may be here already.
      const whole = page.next_cursor === null;
      if (whole || this.status !== 'ready' || this.cursor === null) this.cursor = page.next_cursor;
      const loaded = whole ? page.data : mergeJourneys(this.rows, page.data, () => true);
      this.rows = mergeJourneys(loaded, this.#meanwhile, this.#belongs);
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted) return;
      // Rows that are here are better than none; the stream's state shows that they may be old.
      if (this.status === 'ready') return;
      this.error = error;
      this.status = 'failed';
    }
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    this.busy = true;
    this.moreError = null;
    try {
      const page = await api.visitors(this.site, this.filters, { cursor: this.cursor, limit: PAGE });
      this.rows = mergeJourneys(page.data, this.rows, () => true);
      this.cursor = page.next_cursor;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
  }

  #belongs = (journey: Journey) => matchesFilters(journey, this.filters);

  #arrived(journeys: Journey[]): void {
    let taken = journeys;
    if (this.filters.q !== '') {
      const here = new Set(this.rows.map((row) => row.visitor_id));
      taken = journeys.filter((journey) => here.has(journey.visitor_id));
      if (taken.length < journeys.length) this.#again ??= setTimeout(() => this.#searchAgain(), SEARCH_AGAIN_MS);
    }
    this.#meanwhile.push(...taken);
    this.rows = mergeJourneys(this.rows, taken, this.#belongs);
    this.fresh.mark(taken.map((journey) => journey.visitor_id));
  }

  #searchAgain(): void {
    this.#again = undefined;
    void this.load();
  }
}

/** Lists that were looked at keep their rows, so that going back to one shows it at once and at its old place. */
const KEPT = 4;
const kept = new Map<string, JourneyList>();

export function journeyList(site: number, filters: Filters): JourneyList {
  const key = JSON.stringify([site, filters.q, filters.stage, filters.source, filters.bots]);
  const list = kept.get(key) ?? new JourneyList(site, filters);
  kept.delete(key);
  kept.set(key, list);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  return list;
}

/** A journey that some list has, to show its head before its page has loaded. */
export function listedJourney(site: number, visitorId: string): Journey | null {
  for (const list of kept.values()) {
    if (list.site !== site) continue;
    const row = list.rows.find((journey) => journey.visitor_id === visitorId);
    if (row) return row;
  }
  return null;
}
