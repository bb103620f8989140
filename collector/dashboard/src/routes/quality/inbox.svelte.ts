/** The inbox of dropped items, whole as far as it is held: counted by reason and day, tried again, emptied. */
import { api, isAbort, type Schemas } from '../../lib/api';
import type { Reason } from './reasons';

/** The schema's own row, and how many are not there any more. */
export type Dropped = Schemas['Page_Rejected']['data'][number];
type Listed = Schemas['ListedRejected'];

const PAGE = 500;
/** The inbox holds a thousand unless the collector is told otherwise. */
const PAGES = 6;

export class Inbox {
  rows: Dropped[] = $state.raw([]);
  letGo = $state(0);
  /** Whether there are older ones that were not read. */
  cut = $state(false);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  refused: unknown = $state.raw(null);
  busy = $state(false);
  /** What the last try came to, in words. */
  said: string | null = $state(null);

  readonly site: number;
  #loading: AbortController | null = null;

  constructor(site: number) {
    this.site = site;
  }

  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (this.status === 'failed') this.status = 'loading';
    try {
      const rows: Dropped[] = [];
      let cursor: string | null = null;
      let letGo = 0;
      for (let page = 0; page < PAGES; page += 1) {
        const query: { site: number; limit: number; cursor?: string } = { site: this.site, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
        const answer: Listed = await api.request('GET /rejected', { query, signal: loading.signal });
        rows.push(...answer.data);
        letGo = answer.let_go;
        cursor = answer.next_cursor ?? null;
        if (cursor === null) break;
      }
      this.rows = rows;
      this.letGo = letGo;
      this.cut = cursor !== null;
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted || this.status === 'ready') return;
      this.error = error;
      this.status = 'failed';
    }
  }

  stop(): void {
    this.#loading?.abort();
  }

  async retry(id: string): Promise<void> {
    await this.#change(async () => {
      const line = await api.request('POST /rejected/{id}/retry', { path: { id }, query: { site: this.site } });
      return line.status === 'dropped' ? `Dropped again: ${line.reason ?? 'unknown'}${line.field ? `, ${line.field}` : ''}.` : line.status === 'retry' ? 'Not now. Try it again in a moment.' : 'Stored.';
    });
  }

  async retryAll(reason: Reason | null): Promise<void> {
    await this.#change(async () => {
      const done = await api.request('POST /rejected/retry', { query: { site: this.site, ...(reason === null ? {} : { reason }) } });
      const parts = [
        [done.accepted + done.duplicate, 'stored'],
        [done.dropped, 'dropped again'],
        [done.retry, 'to be tried later'],
        [done.not_retryable, 'cannot be tried, since a part was masked or cut'],
      ] as const;
      return parts.flatMap(([count, words]) => (count > 0 ? [`${count} ${words}`] : [])).join(', ') || 'There was nothing to try.';
    });
  }

  async remove(id: string): Promise<void> {
    await this.#change(async () => {
      await api.request('DELETE /rejected/{id}', { path: { id }, query: { site: this.site } });
      return 'Removed.';
    });
  }

  async removeAll(reason: Reason | null): Promise<void> {
    await this.#change(async () => {
      const { removed } = await api.request('DELETE /rejected', { query: { site: this.site, ...(reason === null ? {} : { reason }) } });
      return `${removed} removed.`;
    });
  }

  async #change(what: () => Promise<string>): Promise<void> {
    this.busy = true;
    this.refused = null;
    this.said = null;
    try {
      this.said = await what();
    } catch (caught) {
      this.refused = caught;
    } finally {
      this.busy = false;
    }
    await this.load();
  }
}
