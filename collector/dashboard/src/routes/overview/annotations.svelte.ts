/** The annotations of some days, as they are read, added and removed. */
import { api, isAbort } from '../../lib/api';
import type { Annotation } from './annotations';

export class AnnotationList {
  rows: Annotation[] = $state.raw([]);
  /** Why the last change was not made. */
  refused: unknown = $state.raw(null);
  busy = $state(false);
  #site: number | null = null;
  /** The days that are read, and what reads them. */
  #days: { from: string; to: string } | null = null;
  #reading: AbortController | null = null;

  /** Reads those of a site's days until the returned function is called. A chart without them is a chart all the same, so failing says nothing. */
  follow(site: number | undefined, from: string, to: string): () => void {
    this.#site = site ?? null;
    this.#days = { from, to };
    this.#read();
    return () => this.#reading?.abort();
  }

  #read(): void {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    if (this.#site === null || this.#days === null) return;
    api.request('GET /annotations', { query: { site: this.#site, ...this.#days }, signal: reading.signal }).then(
      (answer) => (this.rows = answer.data),
      (error: unknown) => {
        if (!isAbort(error)) this.rows = [];
      },
    );
  }

  add(day: string, text: string): Promise<boolean> {
    return this.#change(async (site) => {
      const made = await api.request('POST /annotations', { query: { site }, body: { day, text } });
      this.rows = [...this.rows, made];
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#change(async (site) => {
      await api.request('DELETE /annotations/{id}', { path: { id }, query: { site } });
      this.rows = this.rows.filter((one) => one.id !== id);
    });
  }

  async #change(what: (site: number) => Promise<void>): Promise<boolean> {
    if (this.#site === null) return false;
    this.busy = true;
    this.refused = null;
    try {
      await what(this.#site);
      // What is still on its way was asked before.
      this.#read();
      return true;
    } catch (caught) {
      this.refused = caught;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
