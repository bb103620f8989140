/** Who is signed in, which sites they see, and which of them is looked at. */
import { api, ApiError, onSignedOut, type Capability, type Me, type Site, type Workspace } from '../api';
import { safeReturn, withQuery, type QueryChanges } from '../router/match';
import { router } from '../router/router.svelte';
import { recall, remember } from './remember';

type Status = 'unknown' | 'in' | 'out' | 'failed';

const LAST_SITE = 'waymark.site';

/** Who is a member of nothing sees no site. */
function none(error: unknown): Site[] {
  if (error instanceof ApiError && error.code === 'forbidden') return [];
  throw error;
}

class Session {
  status: Status = $state('unknown');
  error: unknown = $state.raw(null);
  me: Me | null = $state.raw(null);
  sites: Site[] = $state.raw([]);

  /** The site in the address, else the one looked at last, else the first; `null` while there is none. */
  site: Site | null = $derived.by(() => {
    const wanted = router.query.get('site') ?? recall(LAST_SITE);
    return this.sites.find((site) => String(site.id) === wanted) ?? this.sites[0] ?? null;
  });

  /** The workspace in the address, else that of the site that is looked at, else the first; `null` for who is in none. */
  workspace: Workspace | null = $derived.by(() => {
    const own = this.me?.workspaces ?? [];
    const wanted = router.query.get('workspace') ?? String(this.site?.workspace);
    return own.find((one) => String(one.id) === wanted) ?? own[0] ?? null;
  });

  constructor() {
    onSignedOut(() => this.#forget());
  }

  async load(): Promise<void> {
    this.error = null;
    try {
      const [me, sites] = await Promise.all([api.me(), api.sites().catch(none)]);
      this.me = me;
      this.sites = sites;
      this.status = 'in';
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return;
      this.error = error;
      this.status = 'failed';
    }
  }

  /**
   * After setting up or signing in. The page loads anew, here and on leaving, so that nothing one person was shown is
   * still in memory for the next.
   */
  enter(): void {
    location.replace(safeReturn(router.query.get('next')));
  }

  async leave(): Promise<void> {
    await api.logout();
    location.assign('/login');
  }

  /** Whether this may be done in a workspace; without one, in any. What may not is not offered. */
  may(capability: Capability, workspace?: number): boolean {
    const own = this.me?.workspaces ?? [];
    return own.some((one) => (workspace === undefined || one.id === workspace) && one.may.includes(capability));
  }

  added(site: Site): void {
    this.sites = [...this.sites, site];
    this.choose(site.id);
  }

  changed(site: Site): void {
    this.sites = this.sites.map((one) => (one.id === site.id ? site : one));
  }

  removed(id: number): void {
    this.sites = this.sites.filter((one) => one.id !== id);
    remember(LAST_SITE, null);
    router.go('/');
  }

  choose(id: number): void {
    remember(LAST_SITE, String(id));
    // The other filters belong to the site that is left, and so does a journey that is open.
    const path = ['/journeys', '/people', '/accounts'].find((list) => router.path.startsWith(`${list}/`)) ?? router.path;
    router.go(path + withQuery('', { site: this.sites.length > 1 ? String(id) : null }));
  }

  /** A link within the dashboard, which names the site where there are several. */
  href(path: string, query: QueryChanges = {}): string {
    const site = this.sites.length > 1 && this.site ? String(this.site.id) : null;
    const [pathname = path, search = ''] = path.split('?', 2);
    return pathname + withQuery(search, { ...query, site });
  }

  #forget(): void {
    this.me = null;
    this.sites = [];
    this.status = 'out';
  }
}

export const session = new Session();
