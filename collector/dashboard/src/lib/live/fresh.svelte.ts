/** Which rows have just arrived or changed, for as long as their highlight lasts. */
import { SvelteSet } from 'svelte/reactivity';

/** As long as the `fresh` animation of base.css. */
const FRESH_MS = 2600;

export class Fresh {
  #ids = new SvelteSet<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  mark(ids: Iterable<string>): void {
    const marked = [...ids];
    for (const id of marked) this.#ids.add(id);
    setTimeout(() => {
      for (const id of marked) this.#ids.delete(id);
    }, FRESH_MS);
  }
}
