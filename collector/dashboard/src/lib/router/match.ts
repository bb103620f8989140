/** The pure half of the router: patterns, paths and queries. Nothing here touches `window`. */

export type Params = Record<string, string>;

/** Matches `/journeys/:visitor_id` against a path; `null` where they differ. A trailing slash does not count. */
export function matchPath(pattern: string, path: string): Params | null {
  const wanted = segments(pattern);
  const given = segments(path);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) {
      try {
        params[segment.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (segment !== value) {
      return null;
    }
  }
  return params;
}

/** The first route whose pattern matches, with its parameters. */
export function findRoute<T extends { pattern: string }>(routes: readonly T[], path: string): { route: T; params: Params } | null {
  for (const route of routes) {
    const params = matchPath(route.pattern, path);
    if (params) return { route, params };
  }
  return null;
}

/** Names of a query with what they come to be; a list stands there once for each of it. */
export type QueryChanges = Record<string, string | readonly string[] | null | undefined>;

/** A query with some names set and, where the value is empty, removed. The order of the others stays. */
export function withQuery(search: string, changes: QueryChanges): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else if (typeof value === 'string') query.set(name, value);
    else {
      query.delete(name);
      for (const one of value) query.append(name, one);
    }
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * Where to go after signing in. Only a path of this very origin is taken: `//host` and `/\host` are other hosts to a
 * browser, and a login page that forwards to them serves phishing.
 */
export function safeReturn(next: string | null): string {
  if (next === null || !next.startsWith('/')) return '/';
  const base = 'http://origin.invalid';
  let url: URL;
  try {
    url = new URL(next, base);
  } catch {
    return '/';
  }
  if (url.origin !== base || url.pathname.startsWith('//')) return '/';
  if (url.pathname === '/login' || url.pathname === '/setup') return '/';
  return url.pathname + url.search + url.hash;
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}
