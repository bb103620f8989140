/** The stages of the site that is looked at, as the collector says them. */
import { api, type Stage } from '../api';
import { live } from '../live/live.svelte';
import { stageLabel, stageShare } from './stages';

class SiteStages {
  /** In order; empty until they are here. */
  list: Stage[] = $state.raw([]);

  /** Follows those of a site until the returned function is called. A question that fails leaves keys in the place of names, which is no reason to say so. */
  follow(site: number): () => void {
    const asking = new AbortController();
    const ask = () => {
      api.stages(site, { signal: asking.signal }).then(
        (stages) => {
          if (!asking.signal.aborted) this.list = stages.document.stages;
        },
        () => {},
      );
    };
    this.list = [];
    ask();
    // They may have been changed.
    const silence = live.listen({ resync: ask });
    return () => {
      silence();
      asking.abort();
    };
  }

  /** Whether the site has this stage, or may have it as far as is known by now. */
  has(key: string): boolean {
    return this.list.length === 0 || this.list.some((stage) => stage.key === key);
  }

  label = (key: string): string => stageLabel(this.list, key);
  share = (key: string): number => stageShare(this.list, key);
}

export const siteStages = new SiteStages();
