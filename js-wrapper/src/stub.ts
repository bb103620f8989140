/**
 * What stands before everything else: notes how the visitor arrived and keeps calls until the core is there.
 *
 * Owns the landing facts and the waiting line. It is the inline snippet for `<head>` (`dist/stub.js`), the first bytes
 * of the script tag, and the API object of the npm package: one code for all three, so that a call means the same
 * wherever it was made. What a link of a sister site brought (`linker.ts`) is taken out of every address here, before
 * anybody can store or send one. Refuses work: no storage, no network, at most 1 KB. From here calls go to the loader,
 * which replaces `q` by something with a `push` of its own.
 */

/** One call, as it was made. `settle` resolves the promise that the caller got, where the method returns one. */
export type Call = [
  method: string,
  args: unknown[],
  at: number,
  url: string,
  settle?: ((value: unknown) => void) | undefined,
];

/** How the visitor arrived at this document. */
export interface Landing {
  /** The URL with which the document was opened, whatever a router has made of it since. */
  url: string;
  /** `document.referrer`, empty where there is none. */
  referrer: string;
  /** When it was noted, in milliseconds since the Unix epoch. */
  at: number;
  /** What a link of a sister site brought, unread and with whatever stands behind it; see `linker.ts`. */
  link?: string | undefined;
}

/** The API object of one page. */
export interface Stub {
  /** Takes calls: an array at first, later the loader. */
  q: { push(call: Call): unknown };
  /** How the visitor arrived. */
  l: Landing;
  /** The methods. */
  [method: string]: unknown;
}

/** Makes an API object that keeps its calls. */
export function stub(): Stub {
  /** The address without the linker's parameter, wherever in the query that stands. */
  const clean = (address: string) => address.replace(/\b_wm=[^&#"\s]*&|[?&]_wm=[^&#"\s]*(?![^#"\s])/g, '');
  let url = location.href;
  try {
    // Before a router or another script reads it, and before navigation is listened to.
    if (clean(url) != url) history.replaceState(history.state, '', clean(url));
    // The address that was navigated to: a router's replaceState changes location, not this. Some browsers say
    // "document" here; and where only the fragment is missing, location knows more.
    const opened = (performance.getEntriesByType('navigation')[0] as PerformanceEntry).name;
    if (!opened.indexOf(location.origin) && opened.split('#')[0] != url.split('#')[0]) url = opened;
  } catch {
    // A browser without navigation timing: location is the best there is.
  }
  const api: Stub = {
    q: [],
    l: { url: clean(url), referrer: document.referrer, at: Date.now(), link: url.split('_wm=')[1] },
  };
  for (const method of 'init page track identify alias group register unregister milestone conversion consent optOut optIn reset flush ready'.split(' ')) {
    api[method] = (...args: unknown[]) => {
      let settle: Call[4];
      // Only these two have something to say; a promise for the others would invite waiting for it.
      const answer = /flush|ready/.test(method) ? new Promise((resolve) => (settle = resolve)) : undefined;
      try {
        // As it is now: the page may change the object before the core reads it.
        args = JSON.parse(JSON.stringify(args)) as unknown[];
      } catch {
        // Circular, or a BigInt: the core says which field it cannot take.
      }
      api.q.push([method, args, Date.now(), location.href, settle]);
      return answer;
    };
  }
  return api;
}
