/** A list that is read, and changed one thing at a time: what went wrong is kept, and what is so afterwards is read again. */
export class Desk<T> {
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  rows: T | null = $state.raw(null);
  /** Why there is no list. */
  error: unknown = $state.raw(null);
  /** Why the last change was not made. */
  refused: unknown = $state.raw(null);
  busy = $state(false);
  /** What is about to be taken away, and asked for once more. */
  doomed: number | string | null = $state(null);

  #asked = 0;
  /** Which question what is here answers. */
  #answered = 0;

  constructor(readonly read: () => Promise<T>) {}

  async load(): Promise<void> {
    this.error = null;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const rows = await this.read();
      // An answer that was overtaken says what was so before the last change.
      if (asked < this.#answered) return;
      this.#answered = asked;
      this.rows = rows;
      this.status = 'ready';
    } catch (caught) {
      if (asked < this.#answered) return;
      this.#answered = asked;
      this.error = caught;
      this.status = 'failed';
    }
  }

  /** Whether it was made. */
  async change(what: () => Promise<unknown>): Promise<boolean> {
    this.refused = null;
    this.busy = true;
    try {
      await what();
    } catch (caught) {
      this.refused = caught;
    } finally {
      this.busy = false;
      this.doomed = null;
    }
    await this.load();
    return this.refused === null;
  }
}
