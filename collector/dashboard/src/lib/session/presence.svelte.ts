/** Whether anything has ever come from the site, which decides between what leads to the first event and figures. */
import { api, isAbort } from '../api';
import { live } from '../live/live.svelte';
import { recall, remember } from './remember';

const NAME = 'waymark.began.';

class Presence {
  /** `unknown` only until it was looked up once in this browser. */
  state: 'unknown' | 'none' | 'some' = $state('unknown');
  /** Whether the first was seen to come while the page was open. */
  arrived = $state(false);

  /** Watches a site until the returned function is called. */
  follow(site: number): () => void {
    this.arrived = false;
    if (recall(NAME + site) !== null) {
      this.state = 'some';
      return () => {};
    }
    this.state = 'unknown';
    const controller = new AbortController();
    const look = async () => {
      try {
        const { data } = await api.visitors(site, { bots: 'include' }, { limit: 1, signal: controller.signal });
        if (data.length > 0) this.#began(site);
        else if (this.state === 'unknown') this.state = 'none';
      } catch (error) {
        // Whatever is wrong, the figures' own requests say it better.
        if (!isAbort(error) && this.state === 'unknown') this.state = 'some';
      }
    };
    const silence = live.listen({
      journeys: (journeys) => journeys.length > 0 && this.#began(site),
      resync: () => void look(),
    });
    void look();
    return () => {
      silence();
      controller.abort();
    };
  }

  #began(site: number): void {
    this.arrived = this.state === 'none';
    this.state = 'some';
    remember(NAME + site, 'yes');
  }
}

export const presence = new Presence();
