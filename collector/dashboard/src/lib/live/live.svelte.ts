/** The running app's live stream: one for the chosen site, closed while nobody looks. */
import { api } from '../api';
import { LiveStream, type Listener, type LiveState, type Source } from './stream';

/**
 * A hidden tab lets go of its stream after this long: over HTTP/1.1 a browser opens six connections to a host, and
 * forgotten tabs would use them up.
 */
const ASLEEP_AFTER_MS = 60_000;

class Live {
  state: LiveState = $state('connecting');
  #stream: LiveStream | null = null;
  #listeners = new Map<Listener, (() => void) | null>();

  /** Follows a site until the returned function is called. */
  follow(site: number): () => void {
    const stream = new LiveStream({
      open: (lastId) => {
        const after = lastId === null ? '' : `&last_event_id=${encodeURIComponent(lastId)}`;
        return new EventSource(`/api/v1/live?site=${site}${after}`) as Source;
      },
      onState: (state) => (this.state = state),
      onRefused: () => {
        // A lost sign-in answers 401 here too, and the client then leads to the login page.
        api.me().catch(() => {});
      },
    });
    this.#stream = stream;
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, stream.subscribe(listener));
    stream.start();

    let timer: ReturnType<typeof setTimeout> | undefined;
    const visibility = () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => stream.stop('asleep'), ASLEEP_AFTER_MS);
      else stream.start();
    };
    // A page that is left is kept for the way back, and with it its stream: a few of them would use up the connections too.
    const left = () => stream.stop('asleep');
    const shown = () => void (document.hidden || stream.start());
    document.addEventListener('visibilitychange', visibility);
    addEventListener('pagehide', left);
    addEventListener('pageshow', shown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', visibility);
      removeEventListener('pagehide', left);
      removeEventListener('pageshow', shown);
      stream.end();
      if (this.#stream === stream) this.#stream = null;
    };
  }

  /** Listens to whatever site is followed, now or later, until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.set(listener, this.#stream?.subscribe(listener) ?? null);
    return () => {
      this.#listeners.get(listener)?.();
      this.#listeners.delete(listener);
    };
  }
}

export const live = new Live();
export type { Listener, LiveState } from './stream';
