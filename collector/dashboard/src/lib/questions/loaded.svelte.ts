/** What something is chosen from, while it is loaded and after. */
import { isAbort } from '../api';

export class Loaded<T> {
  values: readonly T[] = $state.raw([]);
  progress: 'loading' | 'ready' | 'failed' = $state('loading');
  failure: unknown = $state.raw(null);

  /** Loads anew; what is returned lets go of it. Those of before may be of something else, and go at once. */
  load(work: (signal: AbortSignal) => Promise<readonly T[]>): () => void {
    const controller = new AbortController();
    this.values = [];
    this.progress = 'loading';
    work(controller.signal).then(
      (values) => {
        if (controller.signal.aborted) return;
        this.values = values;
        this.progress = 'ready';
      },
      (error: unknown) => {
        if (isAbort(error) || controller.signal.aborted) return;
        this.failure = error;
        this.progress = 'failed';
      },
    );
    return () => controller.abort();
  }
}
