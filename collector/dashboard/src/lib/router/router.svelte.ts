/**
 * The router: the address bar as state. Whatever narrows a view lives in the query, so that back, reload and a shared
 * link all lead to the same view. Clicks on plain links to this origin are taken over; all else stays the browser's.
 */
import { tick } from 'svelte';
import { withQuery, type QueryChanges } from './match';

interface HistoryState {
  y?: number;
}

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  hash = $state(location.hash);
  query = $derived(new URLSearchParams(this.search));
  #saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** Call once. */
  start(): void {
    history.scrollRestoration = 'manual';
    addEventListener('popstate', (event) => {
      clearTimeout(this.#saveTimer);
      this.#read();
      void this.#scroll((event.state as HistoryState | null)?.y ?? 0);
    });
    addEventListener('hashchange', () => this.#read());
    addEventListener(
      'scroll',
      () => {
        clearTimeout(this.#saveTimer);
        this.#saveTimer = setTimeout(() => this.#save(), 150);
      },
      { passive: true },
    );
    document.addEventListener('click', (event) => this.#click(event));
  }

  go(to: string, { replace = false }: { replace?: boolean } = {}): void {
    const url = new URL(to, location.href);
    const samePage = url.pathname === location.pathname;
    if (url.href === location.href) return;
    clearTimeout(this.#saveTimer);
    if (replace) history.replaceState({ y: samePage ? scrollY : 0 }, '', url);
    else {
      this.#save();
      history.pushState({ y: 0 }, '', url);
    }
    this.#read();
    if (!samePage) void this.#scroll(0);
  }

  /** Changes some names of the query, on the same page. */
  setQuery(changes: QueryChanges, options: { replace?: boolean } = {}): void {
    this.go(location.pathname + withQuery(location.search, changes), options);
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
    this.hash = location.hash;
  }

  #save(): void {
    history.replaceState({ y: scrollY } satisfies HistoryState, '');
  }

  async #scroll(y: number): Promise<void> {
    await tick();
    scrollTo({ top: y, behavior: 'instant' });
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
    // An anchor within the page, such as the skip link, is the browser's.
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
