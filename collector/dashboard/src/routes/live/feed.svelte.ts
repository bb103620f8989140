/** The feed of entries as they come, under one type filter: what was last, what is new, and a pause between them. */
import { api, isAbort, type Entry } from '../../lib/api';
import { mergeEntries } from '../../lib/journey/merge';
import { Fresh } from '../../lib/live/fresh.svelte';
import { live } from '../../lib/live/live.svelte';

const PAGE = 50;
/** More rows than anybody scrolls through; the page stays quick over days. */
const KEEP = 300;

export class Feed {
  rows: Entry[] = $state.raw([]);
  /** What came during the pause. */
  held: Entry[] = $state.raw([]);
  paused = $state(false);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  readonly fresh = new Fresh();

  readonly site: number;
  readonly type: string;
  #loading: AbortController | null = null;

  constructor(site: number, type: string) {
    this.site = site;
    this.type = type;
  }

  /** Loads and follows the feed until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      entries: (entries) => this.#arrived(entries),
      resync: () => void this.load(),
    });
    void this.load();
    return () => {
      silence();
      this.#loading?.abort();
    };
  }

  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (this.status === 'failed') this.status = 'loading';
    try {
      const page = await api.events(this.site, { type: this.type }, { limit: PAGE, signal: loading.signal });
      if (this.paused) this.held = this.#unseen(page.data);
      else this.rows = mergeEntries(this.rows, page.data).slice(0, KEEP);
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted || this.status === 'ready') return;
      this.error = error;
      this.status = 'failed';
    }
  }

  toggle(): void {
    this.paused = !this.paused;
    if (this.paused) return;
    const held = this.held;
    this.held = [];
    this.#show(held);
  }

  #arrived(entries: Entry[]): void {
    const wanted = this.type === '' ? entries : entries.filter((entry) => entry.type === this.type);
    if (wanted.length === 0) return;
    if (this.paused) this.held = this.#unseen(wanted);
    else this.#show(wanted);
  }

  #show(entries: Entry[]): void {
    const before = new Set(this.rows.map((row) => row.id));
    this.rows = mergeEntries(this.rows, entries).slice(0, KEEP);
    this.fresh.mark(entries.filter((entry) => !before.has(entry.id)).map((entry) => entry.id));
  }

  #unseen(entries: Entry[]): Entry[] {
    const shown = new Set(this.rows.map((row) => row.id));
    return mergeEntries(this.held, entries.filter((entry) => !shown.has(entry.id))).slice(0, KEEP);
  }
}
