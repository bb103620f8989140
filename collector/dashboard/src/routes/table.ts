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
  { pattern: '/', load: view(() => import('./Overview.svelte')) },
  { pattern: '/sources', load: view(() => import('./Sources.svelte')) },
  { pattern: '/pages', load: view(() => import('./Pages.svelte')) },
  { pattern: '/funnels', load: view(() => import('./Funnels.svelte')) },
  { pattern: '/paths', load: view(() => import('./Paths.svelte')) },
  { pattern: '/retention', load: view(() => import('./Retention.svelte')) },
  { pattern: '/attribution', load: view(() => import('./Attribution.svelte')) },
  { pattern: '/stages', load: view(() => import('./Stages.svelte')) },
  { pattern: '/insights', load: view(() => import('./Insights.svelte')) },
  { pattern: '/accounts', load: view(() => import('./Accounts.svelte')) },
  { pattern: '/accounts/:id', load: view(() => import('./Account.svelte')) },
  { pattern: '/definitions/:name', load: view(() => import('./Definition.svelte')) },
  { pattern: '/journeys', load: view(() => import('./Journeys.svelte')) },
  { pattern: '/journeys/:visitor_id', load: view(() => import('./Journey.svelte')) },
  { pattern: '/erasures', load: view(() => import('./Erasures.svelte')) },
  { pattern: '/people', load: view(() => import('./People.svelte')) },
  { pattern: '/people/:person_id', load: view(() => import('./Person.svelte')) },
  { pattern: '/live', load: view(() => import('./Live.svelte')) },
  { pattern: '/events', load: view(() => import('./Events.svelte')) },
  { pattern: '/sessions', load: view(() => import('./Sessions.svelte')) },
  { pattern: '/quality', load: view(() => import('./Quality.svelte')) },
  { pattern: '/alerts', load: view(() => import('./Alerts.svelte')) },
  { pattern: '/settings', load: view(() => import('./Settings.svelte')) },
  { pattern: '/settings/:part', load: view(() => import('./Settings.svelte')) },
  { pattern: '/login', open: true, load: view(() => import('./Login.svelte')) },
  { pattern: '/invitation', open: true, load: view(() => import('./Invitation.svelte')) },
  { pattern: '/share', open: true, load: view(() => import('./Share.svelte')) },
  { pattern: '/setup', open: true, load: view(() => import('./Setup.svelte')) },
];

export const NOT_FOUND: Route = { pattern: '', load: view(() => import('./NotFound.svelte')) };
