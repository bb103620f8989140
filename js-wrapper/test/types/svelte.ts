/** The types of `waymark/svelte`, as a site's code and Svelte's own types meet them. */

import type { Action } from 'svelte/action';
import {
  milestone,
  setupWaymark,
  tool,
  trackClick,
  trackExport,
  trackForm,
  trackGeneration,
  type Tracked,
  type TrackedForm,
  type TrackedMilestone,
  type TrackedTool,
} from 'waymark/svelte';

setupWaymark({ key: 'wk_1', endpoint: 'https://collector.example' }).track('cta_clicked');
// @ts-expect-error The endpoint is needed.
setupWaymark({ key: 'wk_1' });

const actions: [
  Action<HTMLButtonElement, Tracked>,
  Action<HTMLFormElement, TrackedForm>,
  Action<HTMLElement, TrackedTool>,
  Action<HTMLElement, TrackedMilestone>,
] = [trackClick, trackForm, tool, milestone];
// @ts-expect-error What a form takes is not what a click takes.
const other: Action<HTMLFormElement, Tracked> = trackForm;

declare const node: HTMLElement;
trackClick(node, { name: 'cta_clicked', props: { place: 'hero' }, impact: 'high' });
// @ts-expect-error An event has a name.
trackClick(node, { props: { place: 'hero' } });
tool(node, { tool: 'editor', props: { mode: 'freehand' } });
// @ts-expect-error A tool has a name.
tool(node, {});
milestone(node, { name: 'signup_at', reached: false });
// @ts-expect-error Reached or not.
milestone(node, { name: 'signup_at', reached: 'yes' });
trackExport('invoice')('pdf', { pages: 3 });
// @ts-expect-error A format is a text.
trackExport('invoice')(7);
const drawn: Promise<number> = trackGeneration('drawing', (points: number) => points)(7);
// @ts-expect-error What the function takes is what it took before.
void trackGeneration('drawing', (points: number) => points)('seven');
