/** One person or account that is looked at: loaded, and read again when something of theirs arrives. Its timeline has further pages. */
import { ApiError, isAbort, type Entry, type Journey, type List } from '../api';
import { live } from '../live/live.svelte';
import { mergeEntries } from './merge';

const PAGE = 100;
/** What is concluded of them follows a moment later, which may be a longer one. */
const AGAIN_MS = [2000, 8000];

export abstract class Opened<A extends { timeline: List<Entry> }> {
  detail: A | null = $state.raw(null);
  /** What happened, the latest first, as far as it is here. */
  entries: Entry[] = $state.raw([]);
  cursor: string | null = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  status: 'loading' | 'ready' | 'missing' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);

  readonly site: number;
  readonly id: string;
  #loading: AbortController | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(site: number, id: string) {
    this.site = site;
    this.id = id;
  }

  protected abstract ask(page: { cursor?: string; limit: number }, signal?: AbortSignal): Promise<A>;
  /** Whether a journey that moved is of it. */
  protected abstract isOfIt(journey: Journey): boolean;

  /** Loads and follows until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      journeys: (journeys) => {
        if (journeys.some((one) => this.isOfIt(one))) this.#loadSoon();
      },
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

  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (this.status === 'failed') this.status = 'loading';
    try {
      const detail = await this.ask({ limit: PAGE }, loading.signal);
      this.detail = detail;
      this.entries = mergeEntries(this.entries, detail.timeline.data);
      if (this.status !== 'ready') this.cursor = detail.timeline.next_cursor;
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted || this.status === 'ready') return;
      // 400 means an id that is no id: to whoever followed the link, somebody who is not there.
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 400);
      this.error = error;
      this.status = missing ? 'missing' : 'failed';
    }
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    this.busy = true;
    this.moreError = null;
    try {
      const { timeline } = await this.ask({ cursor: this.cursor, limit: PAGE });
      this.entries = mergeEntries(timeline.data, this.entries);
      this.cursor = timeline.next_cursor;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
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
