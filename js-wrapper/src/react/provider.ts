'use client';

import { createContext, createElement, useContext, useEffect, type Context, type ReactElement, type ReactNode } from 'react';

import waymark from '../index.js';
import type { InitOptions, Waymark } from '../types.js';

/** The API that the hooks use. Give another one in tests of your components. */
export const WaymarkContext: Context<Waymark> = /* @__PURE__ */ createContext<Waymark>(waymark);

/** What {@link WaymarkProvider} takes. */
export interface WaymarkProviderProps {
  /** The settings of `init`. The first ones count, as with `init` itself. */
  options: InitOptions;
  children?: ReactNode;
}

/** Starts measuring when it is on the page. Renders its children and nothing else. */
export function WaymarkProvider({ options, children }: WaymarkProviderProps): ReactElement {
  const client = useWaymark();
  // The effects of the children run first; what they call waits for this.
  useEffect(() => client.init(options), [client]);
  return createElement(WaymarkContext.Provider, { value: client }, children);
}

/** The whole API: `identify`, `conversion`, `consent` and the rest. */
export function useWaymark(): Waymark {
  return useContext(WaymarkContext);
}
