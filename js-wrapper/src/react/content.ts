'use client';

import { exportsOf, generating, type TrackExport } from '../adapter/content.js';
import type { Props } from '../types.js';
import { useStable } from './lifetime.js';
import { useWaymark } from './provider.js';

/** A function that records an export of `content`: `useTrackExport('invoice')('pdf')` is `content_exported`. */
export function useTrackExport(content: string, props?: Props): TrackExport {
  const client = useWaymark();
  return useStable((format, more) => exportsOf(client, content, props)(format, more));
}

/**
 * `generate`, recorded: `content_generated` or `generation_failed`, with the `seconds` that it took. What it gives or
 * throws is passed on.
 */
export function useTrackGeneration<A extends unknown[], T>(
  content: string,
  generate: (...args: A) => T | PromiseLike<T>,
  props?: Props,
): (...args: A) => Promise<T> {
  const client = useWaymark();
  return useStable((...args) => generating(client, content, () => generate(...args), props));
}
