/** The pages of the settings in their groups, and what somebody has to be allowed to be offered one. */
import type { Component } from 'svelte';
import type { Capability, Workspace } from '../../lib/api';

export type PartView = Component<{ workspace: Workspace }>;

export interface Part {
  /** The last part of the path; none for the first page. */
  key: string;
  label: string;
  /** Whoever may do one of these is offered it. */
  needs: readonly Capability[];
  load: () => Promise<{ default: PartView }>;
}

export interface PartGroup {
  label: string;
  parts: readonly Part[];
}

const part = (key: string, label: string, needs: readonly Capability[], load: () => Promise<{ default: unknown }>): Part => ({ key, label, needs, load: load as Part['load'] });

export const PART_GROUPS: readonly PartGroup[] = [
  {
    label: 'Workspace',
    parts: [
      part('', 'Members and keys', ['members', 'keys'], () => import('./People.svelte')),
      part('sites', 'Sites', ['read'], () => import('./Sites.svelte')),
      part('audit', 'Audit log', ['audit'], () => import('./Audit.svelte')),
    ],
  },
  {
    label: 'Site',
    parts: [
      part('install', 'Install', ['read'], () => import('./Install.svelte')),
      part('site', 'General', ['read'], () => import('./General.svelte')),
      part('stages', 'Stages and milestones', ['read'], () => import('./Stages.svelte')),
      part('saved', 'Saved', ['read'], () => import('./Saved.svelte')),
      part('shares', 'Share links', ['keys'], () => import('./Shares.svelte')),
      part('destinations', 'Destinations', ['read_destinations'], () => import('./Destinations.svelte')),
      part('imports', 'Imports', ['read'], () => import('./Imports.svelte')),
      part('retention', 'Retention', ['read'], () => import('./Retention.svelte')),
      part('privacy', 'Consent and privacy', ['read'], () => import('./Privacy.svelte')),
    ],
  },
];

const PARTS = PART_GROUPS.flatMap((group) => group.parts);

export function partOf(key: string): Part | null {
  return PARTS.find((one) => one.key === key) ?? null;
}

export function mayOpen(one: Part, may: readonly Capability[]): boolean {
  return one.needs.some((capability) => may.includes(capability));
}

export function pathOf(one: Part): string {
  return one.key === '' ? '/settings' : `/settings/${one.key}`;
}
