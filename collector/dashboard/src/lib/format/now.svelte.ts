/** The time, as state that moves: relative times read it and so stay true while a page is open. */

const TICK_MS = 5000;

class Now {
  #at = $state(Date.now());

  constructor() {
    const move = () => (this.#at = Date.now());
    setInterval(() => {
      if (!document.hidden) move();
    }, TICK_MS);
    document.addEventListener('visibilitychange', move);
  }

  /** Milliseconds since the epoch; never behind a time already shown by more than a tick. */
  get at(): number {
    return this.#at;
  }
}

export const now = new Now();
