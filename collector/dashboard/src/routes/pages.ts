/** The pages of the navigation in their groups, each with its key after `g`. A page is shown once table.ts has its path. */
import type { Capability } from '../lib/api';
import type { IconName } from '../lib/components/Icon.svelte';
import { ROUTES } from './table';

export interface Page {
  path: string;
  label: string;
  icon: IconName;
  /** Pressed after `g`. */
  key: string;
  /** Whether it asks questions, so that links to it keep range, conditions and the like. */
  asks: boolean;
  /** Whoever may do one of these is offered it; everybody where there is none. */
  needs?: readonly Capability[];
}

export interface PageGroup {
  label: string;
  pages: readonly Page[];
}

const asking = (path: string, label: string, icon: IconName, key: string): Page => ({ path, label, icon, key, asks: true });
const plain = (path: string, label: string, icon: IconName, key: string): Page => ({ path, label, icon, key, asks: false });

const GROUPS: readonly PageGroup[] = [
  {
    label: 'Traffic',
    pages: [asking('/', 'Overview', 'overview', 'o'), asking('/sources', 'Sources', 'sources', 's'), asking('/pages', 'Pages', 'page', 'w')],
  },
  {
    label: 'Journeys',
    pages: [
      plain('/journeys', 'Journeys', 'journeys', 'j'),
      plain('/live', 'Live', 'live', 'l'),
      plain('/people', 'People', 'people', 'p'),
      plain('/accounts', 'Accounts', 'accounts', 'c'),
    ],
  },
  {
    label: 'Analysis',
    pages: [
      asking('/funnels', 'Funnels', 'funnel', 'f'),
      asking('/paths', 'Paths', 'paths', 'h'),
      asking('/retention', 'Retention', 'retention', 'r'),
      asking('/attribution', 'Attribution', 'attribution', 'a'),
      asking('/stages', 'Stages', 'stages', 't'),
    ],
  },
  {
    label: 'Data',
    pages: [
      asking('/events', 'Events', 'event', 'e'),
      asking('/sessions', 'Sessions', 'sessions', 'n'),
      asking('/insights', 'Insights', 'insights', 'i'),
      plain('/alerts', 'Alerts', 'bell', 'b'),
      asking('/quality', 'Data quality', 'quality', 'q'),
    ],
  },
  { label: '', pages: [{ ...plain('/settings', 'Settings', 'settings', ','), needs: ['members', 'keys'] }] },
];

const there = new Set(ROUTES.map((route) => route.pattern));

/** The groups that have pages here. */
export const PAGE_GROUPS: readonly PageGroup[] = GROUPS.map(({ label, pages }) => ({
  label,
  pages: pages.filter((page) => there.has(page.path)),
})).filter((group) => group.pages.length > 0);

export const PAGES: readonly Page[] = PAGE_GROUPS.flatMap((group) => group.pages);

/** Whether an address is a page's, or one within it. */
export function isOn(page: Page, path: string): boolean {
  return path === page.path || (page.path !== '/' && path.startsWith(`${page.path}/`));
}
