'use client';

import { useEffect, useRef } from 'react';

import type { Props } from '../types.js';
import { useWaymark } from './provider.js';

/** Records the milestone `name` once for each component, as soon as `reached` is true: at once if it is left out. */
export function useMilestone(name: string, reached = true, props?: Props): void {
  const client = useWaymark();
  const recorded = useRef<string>(undefined);
  useEffect(() => {
    if (!reached || recorded.current == name) return;
    recorded.current = name;
    client.milestone(name, props);
  }, [client, name, reached]);
}
