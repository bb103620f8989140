/** The code of the settings' pages that is here already. */
import { SvelteMap } from 'svelte/reactivity';
import type { Part, PartView } from './parts';

export const loadedParts = new SvelteMap<Part, PartView>();

export async function loadPart(part: Part): Promise<void> {
  if (loadedParts.has(part)) return;
  loadedParts.set(part, (await part.load()).default);
}
