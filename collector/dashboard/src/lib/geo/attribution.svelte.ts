/** What the licence of the collector's database of places asks to be shown beside a place. Asked for once. */
import { api } from '../api';

class Attribution {
  #current: { text: string; url: string } | null = $state.raw(null);
  #asked = false;

  get current(): { text: string; url: string } | null {
    if (!this.#asked) {
      this.#asked = true;
      api.geo().then(
        (geo) => (this.#current = geo.database?.attribution ?? null),
        () => (this.#asked = false),
      );
    }
    return this.#current;
  }
}

export const attribution = new Attribution();
