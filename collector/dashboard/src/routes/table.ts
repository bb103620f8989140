/** Every view: its path, whether it is for signed-in people, and the code to load for it. */
import type { Component } from 'svelte';
import type { Params } from '../lib/router/match';

export type View = Component<{ params: Params }>;

export interface Route {
  pattern: string;
  /** Seen without signing in, and outside the frame with the navigation. */
  open?: true;
  load: () => Promise<View>;
}

/** Every view is handed its path's parameters; one that needs none declares none. */
const view = (load: () => Promise<{ default: unknown }>) => async () => (await load()).default as View;

export const ROUTES: readonly Route[] = [
  { pattern: '/', load: view(() => import('./Journeys.svelte')) },
  { pattern: '/journeys/:visitor_id', load: view(() => import('./Journey.svelte')) },
  { pattern: '/live', load: view(() => import('./Live.svelte')) },
  { pattern: '/login', open: true, load: view(() => import('./Login.svelte')) },
  { pattern: '/setup', open: true, load: view(() => import('./Setup.svelte')) },
];

export const NOT_FOUND: Route = { pattern: '', load: view(() => import('./NotFound.svelte')) };
