'use client';

/**
 * What React's own hooks leave to be done: functions that stay the same, and the end of a component that is one.
 */

import { useCallback, useEffect, useInsertionEffect, useRef } from 'react';

/** A function that stays the same from render to render and does what the latest `call` does. */
export function useStable<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  const latest = useRef(call);
  useInsertionEffect(() => {
    latest.current = call;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}

/**
 * Calls `left` when the component is gone.
 *
 * StrictMode and hot reload end effects and begin them again at once: https://react.dev/reference/react/StrictMode. So the
 * end counts if no beginning follows it.
 */
export function useLeft(left: () => void): void {
  const leave = useStable(left);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    clearTimeout(leaving.current);
    return () => {
      leaving.current = setTimeout(leave);
    };
  }, [leave]);
}
