/**
 * One form: begun, sent or given up. Never what was typed.
 *
 * Owns the events `form_started`, `form_submitted` and `form_abandoned`. A form is begun by its first change and not by
 * its first focus, which pages give away by themselves.
 */

import type { Props, Waymark } from '../types.js';
import { start, type Stopwatch } from './stopwatch.js';

/** What a form reports. */
export interface FormWatch {
  /** A field has changed. */
  changed(): void;
  /** The form is sent. The next change begins it anew. */
  submitted(): void;
  /** The form is gone from the page. */
  left(): void;
}

/** Watches a form. All events carry what `about` says then: the form's name as `form`, and what the site adds. */
export function watchForm(client: Waymark, about: () => Props): FormWatch {
  let watch: Stopwatch | undefined;
  const track = (name: string, more?: Props) => client.track(name, { ...about(), ...more });
  const end = (name: string) => {
    if (watch) removeEventListener('pagehide', closed);
    track(name, watch && { seconds: watch.stop() });
    watch = undefined;
  };
  const left = () => {
    if (watch) end('form_abandoned');
  };
  const closed = () => {
    left();
    void client.flush();
  };
  return {
    changed() {
      if (watch || typeof document == 'undefined') return;
      watch = start();
      addEventListener('pagehide', closed);
      track('form_started');
    },
    submitted: () => end('form_submitted'),
    left,
  };
}
