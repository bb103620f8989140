/**
 * The live feed of one site. It owns the connection: opening, giving up after errors, coming back, and the gaps between.
 * Whoever listens gets arrays a few times a second rather than one call per event, and is told to load again whenever
 * something may have been missed. It keeps no history.
 */
import type { Entry, Journey } from '../api/types';

export interface Listener {
  entries?: (entries: Entry[]) => void;
  /** At most one state per visitor, the latest. */
  journeys?: (journeys: Journey[]) => void;
  /** Something may be missing from what came so far. */
  resync?: () => void;
}

export type LiveState = 'connecting' | 'live' | 'offline' | 'asleep';

/** The part of `EventSource` that is used here. */
export interface Source {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface StreamOptions {
  /** Opens the stream, after what had this id if there is one. */
  open: (lastId: string | null) => Source;
  onState: (state: LiveState) => void;
  /** Asked when the server refuses the stream for good, which is how a lost sign-in shows: `EventSource` hides the status. */
  onRefused: () => void;
  /** Between 0 and 1; spreads the reconnects of many dashboards after a restart. */
  random?: () => number;
}

/** Long enough to gather a burst into one repaint, short enough to feel immediate. */
export const BATCH_MS = 120;
const CLOSED = 2;
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];

export class LiveStream {
  #options: StreamOptions;
  #listeners = new Set<Listener>();
  #source: Source | null = null;
  #entries: Entry[] = [];
  #journeys = new Map<string, Journey>();
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #lastId: string | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#source !== null || this.#retryTimer !== undefined) return;
    this.#connect();
  }

  /** Closes the connection; `start` opens it again where it was. */
  stop(state: LiveState = 'offline'): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#source?.close();
    this.#source = null;
    this.#failures = 0;
    this.#flush();
    this.#options.onState(state);
  }

  /** Closes the connection for good. What it still has is told to nobody: they look at another site by now. */
  end(): void {
    this.#listeners.clear();
    this.stop();
  }

  #connect(): void {
    const source = this.#options.open(this.#lastId);
    this.#source = source;
    if (this.#failures === 0) this.#options.onState('connecting');
    source.onopen = () => {
      this.#failures = 0;
      this.#options.onState('live');
    };
    source.onerror = () => this.#failed(source);
    source.addEventListener('ready', (event) =>
      this.#take(event, (data) => {
        // What was stored between a listener's first load and this moment was on no stream.
        if (!(data as { resumed: boolean }).resumed) this.#resync();
      }),
    );
    source.addEventListener('entry', (event) => this.#take(event, (data) => this.#entries.push(data as Entry)));
    source.addEventListener('journey', (event) =>
      this.#take(event, (data) => {
        const journey = data as Journey;
        this.#journeys.set(journey.visitor_id, journey);
      }),
    );
    source.addEventListener('resync', () => this.#resync());
  }

  #failed(source: Source): void {
    if (source !== this.#source) return;
    this.#options.onState('offline');
    // Still connecting: the browser tries again by itself. Closed: it has given up, for instance after a 401 or 503.
    if (source.readyState !== CLOSED) return;
    source.close();
    this.#source = null;
    this.#options.onRefused();
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 30_000;
    this.#failures += 1;
    const spread = 0.5 + (this.#options.random ?? Math.random)() / 2;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#connect();
    }, wait * spread);
  }

  #take(event: MessageEvent<string>, keep: (data: unknown) => void): void {
    try {
      keep(JSON.parse(event.data));
      if (event.lastEventId) this.#lastId = event.lastEventId;
    } catch {
      // A line that cannot be read is a line that was missed.
      this.#resync();
      return;
    }
    this.#flushTimer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const entries = this.#entries;
    const journeys = [...this.#journeys.values()];
    this.#entries = [];
    this.#journeys.clear();
    for (const listener of [...this.#listeners]) {
      if (entries.length > 0) listener.entries?.(entries);
      if (journeys.length > 0) listener.journeys?.(journeys);
    }
  }

  #resync(): void {
    for (const listener of [...this.#listeners]) listener.resync?.();
  }
}
