/** The list of sessions of some days, the latest first, of those that meet the conditions. */
import { api, isAbort } from '../../lib/api';
import type { Bots } from '../../lib/questions/asked.svelte';
import { live } from '../../lib/live/live.svelte';
import { meets, type Row, type Split } from './conditions';

export interface SessionsAsked {
  site: number;
  from: string;
  to: string;
  bots: Bots;
  q: string;
  split: Split;
}

const PAGE = 50;
/** Where conditions are held here, as many sessions are read at once, and so many times for one page. */
const READ = 500;
const TIMES = 6;
const AGAIN_MS = 5000;

export class SessionList {
  rows: Row[] = $state.raw([]);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  cursor: string | null = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  /** How many sessions were looked at. */
  read = $state(0);

  readonly asked: SessionsAsked;
  #loading: AbortController | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(asked: SessionsAsked) {
    this.asked = asked;
  }

  /** Loads and follows the list until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      journeys: () => {
        // Who has loaded further pages reads them, and is not interrupted.
        this.#again ??= setTimeout(() => {
          this.#again = undefined;
          if (this.rows.length <= PAGE && !this.busy) void this.load();
        }, AGAIN_MS);
      },
      resync: () => void (this.busy || this.load()),
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
      const part = await this.#page(null, loading.signal);
      this.rows = part.rows;
      this.cursor = part.cursor;
      this.read = part.read;
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
    // Its answer would be the first page alone again.
    this.#loading?.abort();
    try {
      const part = await this.#page(this.cursor);
      const here = new Set(this.rows.map((row) => row.session_id));
      this.rows = [...this.rows, ...part.rows.filter((row) => !here.has(row.session_id))];
      this.cursor = part.cursor;
      this.read += part.read;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
  }

  async #page(after: string | null, signal?: AbortSignal): Promise<{ rows: Row[]; cursor: string | null; read: number }> {
    const { site, from, to, bots, q, split } = this.asked;
    const limit = split.here.length === 0 ? PAGE : READ;
    const rows: Row[] = [];
    let cursor = after;
    let read = 0;
    for (let times = 0; times < TIMES; times += 1) {
      const query = { site, from, to, bots, ...(q === '' ? {} : { q }), ...split.asks, limit, ...(cursor === null ? {} : { cursor }) };
      const page = await api.request('GET /sessions', { query, signal });
      rows.push(...page.data.filter((row) => meets(row, split.here)));
      read += page.data.length;
      cursor = page.next_cursor ?? null;
      if (cursor === null || rows.length >= PAGE) break;
    }
    return { rows, cursor, read };
  }
}
