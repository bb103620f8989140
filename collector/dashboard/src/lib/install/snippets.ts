/** What a page or an app takes in to send to the collector. Pure. */
import type { Site } from '../api';

export const WAYS = ['tag', 'npm'] as const;
export type Way = (typeof WAYS)[number];
export const WAY_LABELS: Record<Way, string> = { tag: 'Script tag', npm: 'npm' };

/** Where it goes. */
export const WAY_PLACES: Record<Way, string> = {
  tag: 'Put this into the <head> of every page.',
  npm: 'For sites with a build. Call it where the app begins; there are adapters for React, Vue and Svelte.',
};

/** A collector that does not know its public address is reached by the one that the dashboard came from. */
export function scriptOf(site: Pick<Site, 'script_url'>, origin: string): string {
  return site.script_url ?? `${origin}/waymark.js`;
}

export function snippetOf(way: Way, site: Pick<Site, 'script_url' | 'key'>, origin: string): string {
  const script = scriptOf(site, origin);
  if (way === 'tag') return `<script async src="${script}" data-key="${site.key}"></` + 'script>';
  const endpoint = URL.canParse(script) ? new URL(script).origin : origin;
  return `npm install waymark\n\nimport waymark from 'waymark';\nwaymark.init({ key: '${site.key}', endpoint: '${endpoint}' });`;
}
