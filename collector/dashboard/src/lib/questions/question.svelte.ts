/**
 * A question under way: asks, asks anew when what it is asked with changes, lets go of the request that nobody waits for any
 * more, and keeps the answer before on the screen until the next is here. Answers of late are kept, so that going back shows
 * them at once.
 *
 * A collector that has just started reads all rows of a large site before it can answer. A request gives up before that is
 * done, and then the same is asked again, for some minutes: the collector goes on with what it began.
 */
import { addressOf, api, ApiError, isAbort, type Calls } from '../api';

/** The calls that are answered in the envelope of a question. */
export type QuestionName = Extract<keyof Calls, `GET /analytics/${string}`>;

const KEPT = 48;
/** How long it may take before somebody is told that it takes long. */
const SLOW_MS = 5000;
/** How often the same is asked of which there was no answer in time. */
const TRIES = 15;
const kept = new Map<string, unknown>();

function keep(address: string, answer: unknown): void {
  kept.delete(address);
  kept.set(address, answer);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
}

export class Question<N extends QuestionName> {
  readonly name: N;
  /** The answer on the screen; while {@link stale}, of what was asked before. */
  answer: Calls[N]['answer'] | null = $state.raw(null);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  /** Whether what is asked now is still to be answered, though there is an answer of before. */
  stale = $state(false);
  /** Whether there is nothing to show yet, and it takes longer than anybody expects. */
  slow = $state(false);
  /** What it is asked with; `null` before. */
  query: Record<string, string | number | undefined> | null = $state.raw(null);
  #loading: AbortController | null = null;

  constructor(name: N) {
    this.name = name;
  }

  get forbidden(): boolean {
    return this.status === 'failed' && this.error instanceof ApiError && this.error.code === 'forbidden';
  }

  /** Where the rows of this very answer are as a file. */
  get csv(): string | undefined {
    return this.query === null ? undefined : `/api/v1${addressOf(this.name, {}, { ...this.query, compare: undefined, format: 'csv' })}`;
  }

  /** Asks with these; the same once more asks again. */
  async load(query: Record<string, string | number | undefined>): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.query = query;
    const address = addressOf(this.name, {}, query);
    const known = kept.get(address) as Calls[N]['answer'] | undefined;
    if (known !== undefined) this.#answered(known);
    else if (this.answer !== null) this.stale = true;
    if (this.status === 'failed') this.status = 'loading';
    const slow = setTimeout(() => (this.slow = this.answer === null), SLOW_MS);
    try {
      const answer = await this.#asked(query, loading.signal);
      keep(address, answer);
      this.#answered(answer);
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted) return;
      this.stale = false;
      // An answer that is still of what was asked is better than none.
      if (known !== undefined) return;
      this.error = error;
      this.status = 'failed';
    } finally {
      clearTimeout(slow);
      if (this.#loading === loading) this.slow = false;
    }
  }

  async #asked(query: Record<string, string | number | undefined>, signal: AbortSignal): Promise<Calls[N]['answer']> {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await api.request(this.name, { query, signal } as never);
      } catch (error) {
        const isLate = error instanceof ApiError && error.code === 'timeout';
        if (!isLate || left === 0 || signal.aborted) throw error;
      }
    }
  }

  /** Asks the same once more, as after a failure, or because more has happened. */
  again(): void {
    if (this.query !== null) void this.load(this.query);
  }

  stop(): void {
    this.#loading?.abort();
  }

  #answered(answer: Calls[N]['answer']): void {
    this.answer = answer;
    this.status = 'ready';
    this.error = null;
    this.stale = false;
  }
}

/** Forgets what is kept: for tests, and for who signs out without the page loading anew. */
export function forgetAnswers(): void {
  kept.clear();
}
