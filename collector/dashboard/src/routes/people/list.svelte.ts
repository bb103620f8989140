/** The list of people under one set of filters: loading and further pages. What arrives has it load again, at most now and then. */
import { api, type ListedPerson } from '../../lib/api';
import { Pages } from '../../lib/api/pages.svelte';
import { live } from '../../lib/live/live.svelte';

export const SORTS = ['last_seen', 'score', 'stage'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  q: string;
  stage: string;
  source: string;
  bots: string;
  sort: Sort;
  /** From 0 to 1 as text; empty for everybody. Only where the list goes by score or stage. */
  min_score: string;
}

/** Scores are judged a moment after what they follow from, which may be a longer one. */
const AGAIN_MS = [2000, 8000];

/** The filters that an address says; what it cannot say is left out. */
export function filtersOf(query: URLSearchParams, hasStage: (key: string) => boolean): Filters {
  const stage = query.get('stage') ?? '';
  const sort = SORTS.find((one) => one === query.get('sort')) ?? 'last_seen';
  const least = query.get('min_score') ?? '';
  const isScore = least !== '' && Number(least) >= 0 && Number(least) <= 1;
  return {
    q: query.get('q') ?? '',
    stage: hasStage(stage) ? stage : '',
    source: query.get('source') ?? '',
    bots: query.get('bots') === 'only' ? 'only' : '',
    sort,
    min_score: isScore && sort !== 'last_seen' ? least : '',
  };
}

export class PeopleList extends Pages<ListedPerson> {
  readonly filters: Filters;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(site: number, filters: Filters) {
    super(
      (page) => api.persons(site, filters, page),
      (row) => row.id,
    );
    this.filters = filters;
  }

  get narrowed(): boolean {
    const { sort: _, ...others } = this.filters;
    return Object.values(others).some((value) => value !== '');
  }

  /** Loads and follows the list until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      journeys: () => this.#loadSoon(),
      resync: () => void this.load(),
    });
    void this.load();
    return () => {
      silence();
      clearTimeout(this.#again);
      this.#again = undefined;
      this.stop();
    };
  }

  #loadSoon(after = 0): void {
    const wait = AGAIN_MS[after];
    if (wait === undefined) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      void this.load();
      this.#loadSoon(after + 1);
    }, wait);
  }
}
