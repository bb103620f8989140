/**
 * `waymark/svelte`: a setup function, and actions for elements.
 *
 * Owns nothing but the names: an action lives as long as its element, which is all that Svelte has to say. Plain
 * functions, so that they need no compiling and go with every version of Svelte that has `use:`. On a server Svelte
 * runs no actions. What an action records is `../adapter`'s; everything else is the API itself, `import waymark from
 * 'waymark'`.
 */

import { exportsOf, generating, type TrackExport } from '../adapter/content.js';
import { trackElement, trackFormElement, type Attached, type Tracked, type TrackedForm } from '../adapter/element.js';
import { enterTool } from '../adapter/tool.js';
import waymark from '../index.js';
import type { InitOptions, Props, Waymark } from '../types.js';

export type { TrackExport } from '../adapter/content.js';
export type { Attached, Tracked, TrackedForm } from '../adapter/element.js';
export type * from '../types.js';

/** Starts measuring: call it in the root component or layout. Returns the API. */
export function setupWaymark(options: InitOptions): Waymark {
  waymark.init(options);
  return waymark;
}

/** `<button use:trackClick={'cta_clicked'}>`; with properties `{ name, props, impact }`. */
export function trackClick(node: Element, tracked: Tracked): Attached<Tracked> {
  return trackElement(waymark, node, 'click', tracked);
}

/** `<form use:trackForm={'signup'}>`: `form_started`, `form_submitted` and `form_abandoned`; never what was typed. */
export function trackForm(node: Element, tracked: TrackedForm): Attached<TrackedForm> {
  return trackFormElement(waymark, node, tracked);
}

/** What {@link tool} takes: the tool's name, or that with properties. */
export type TrackedTool = string | { tool: string; props?: Props };

/**
 * `<main use:tool={'editor'}>`: the visitor uses the tool for as long as the element is on the page. Records
 * `tool_entered` once, and `tool_exited` with the `seconds` that were spent while the page was visible.
 */
export function tool(_node: Element, tracked: TrackedTool): Attached<TrackedTool> {
  const read = (from: TrackedTool) => (typeof from == 'string' ? { tool: from } : from);
  const enter = ({ tool: name, props }: Exclude<TrackedTool, string>) => enterTool(waymark, name, props);
  let current = read(tracked).tool;
  let exit = enter(read(tracked));
  return {
    update(next) {
      if (read(next).tool == current) return;
      exit();
      current = read(next).tool;
      exit = enter(read(next));
    },
    destroy: () => exit(),
  };
}

/** What {@link milestone} takes: the milestone's name, or that with properties and with whether it is reached. */
export type TrackedMilestone = string | { name: string; reached?: boolean; props?: Props };

/** `<h1 use:milestone={'signup_at'}>`: reached when the element is on the page, once for each element. */
export function milestone(_node: Element, tracked: TrackedMilestone): Attached<TrackedMilestone> {
  let recorded = false;
  const update = (next: TrackedMilestone) => {
    const { name, reached = true, props } = typeof next == 'string' ? { name: next } : next;
    if (!reached || recorded) return;
    recorded = true;
    waymark.milestone(name, props);
  };
  update(tracked);
  return { update, destroy() {} };
}

/** A function that records an export of `content`: `trackExport('invoice')('pdf')` is `content_exported`. */
export function trackExport(content: string, props?: Props): TrackExport {
  return exportsOf(waymark, content, props);
}

/**
 * `generate`, recorded: `content_generated` or `generation_failed`, with the `seconds` that it took. What it gives or
 * throws is passed on.
 */
export function trackGeneration<A extends unknown[], T>(
  content: string,
  generate: (...args: A) => T | PromiseLike<T>,
  props?: Props,
): (...args: A) => Promise<T> {
  return (...args) => generating(waymark, content, () => generate(...args), props);
}
