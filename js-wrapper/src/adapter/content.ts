/**
 * What visitors make with a site and take out of it.
 *
 * Owns the events `content_exported`, `content_generated` and `generation_failed`.
 */

import type { Props, Waymark } from '../types.js';

/** Records that something was taken out as a file of `format`, such as `pdf`. */
export type TrackExport = (format: string, props?: Props) => void;

/** What records exports of `content`, such as `invoice`. Sent at once: a download often ends the visit. */
export function exportsOf(client: Waymark, content: string, props?: Props): TrackExport {
  return (format, more) =>
    client.track('content_exported', { ...props, ...more, content, format }, { impact: 'high' });
}

/**
 * Does `work`, which makes `content`, and records how it ended and how many seconds it took. What it gives or throws is
 * passed on.
 */
export async function generating<T>(
  client: Waymark,
  content: string,
  work: () => T | PromiseLike<T>,
  props?: Props,
): Promise<T> {
  const began = performance.now();
  const ended = (name: string) =>
    client.track(name, { ...props, content, seconds: Math.round((performance.now() - began) / 100) / 10 });
  try {
    const made = await work();
    ended('content_generated');
    return made;
  } catch (error) {
    ended('generation_failed');
    throw error;
  }
}
