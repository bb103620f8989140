/** A list of the API, page by page, under one set of filters; what is asked again takes the place of what is here. */
import { isAbort } from './client';
import type { List } from './types';

type Asking = (page: { cursor?: string; limit: number; signal?: AbortSignal }) => Promise<{ data: unknown[]; next_cursor?: string | null }>;
/** What one request may give. */
const MOST = 500;

export class Pages<R> {
  rows: R[] = $state.raw([]);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  cursor: List<R>['next_cursor'] = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  readonly #ask: Asking;
  readonly #id: (row: R) => string;
  readonly #page: number;
  #loading: AbortController | null = null;

  /** `id` tells rows apart: one that has moved on may come again in a further page. */
  constructor(ask: Asking, id: (row: R) => string, page = 50) {
    this.#ask = ask;
    this.#id = id;
    this.#page = page;
  }

  /** Loads as many rows as are here, one page at least. */
  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (this.status === 'failed') this.status = 'loading';
    try {
      const limit = Math.min(Math.max(this.rows.length, this.#page), MOST);
      const page = await this.#ask({ limit, signal: loading.signal });
      this.rows = page.data as R[];
      this.cursor = page.next_cursor ?? null;
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted || this.status === 'ready') return;
      this.error = error;
      this.status = 'failed';
    }
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    this.busy = true;
    this.moreError = null;
    try {
      const page = await this.#ask({ cursor: this.cursor, limit: this.#page });
      const here = new Set(this.rows.map(this.#id));
      this.rows = [...this.rows, ...(page.data as R[]).filter((row) => !here.has(this.#id(row)))];
      this.cursor = page.next_cursor ?? null;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
  }

  stop(): void {
    this.#loading?.abort();
  }
}
