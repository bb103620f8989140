/** Which parts of autocapture a site has switched on: `true`, a list in an attribute, or an object. */

import type { Autocapture } from '../types.js';

/** All there are. */
export const PARTS = 'clicks forms outbound downloads media rage errors vitals'.split(' ');

/** The parts that `said` names; empty attributes and `true` name all. */
export function parts(said: boolean | string | Autocapture | undefined): Set<string> {
  if (said === true) return new Set(PARTS);
  if (typeof said == 'string') return new Set(said.split(/[\s,]+/).filter(Boolean));
  const given = (said || {}) as Record<string, unknown>;
  return new Set(Object.keys(given).filter((part) => given[part] === true));
}
