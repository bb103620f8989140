/**
 * Elements of the panel. Text goes in as text, never as markup, so that nothing that a page sends can become an element,
 * and a policy that asks for trusted types has nothing to refuse.
 */

/** What an element may hold. */
export type Content = Node | string | number | false | undefined | Content[];

/** Makes an element with attributes and content; what begins with `on` listens. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | boolean | ((event: never) => void) | undefined> = {},
  ...content: Content[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value == 'function') element.addEventListener(key.slice(2), value as (event: Event) => void);
    else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? '' : value);
  }
  add(element, content);
  return element;
}

function add(element: Element, content: Content[]): void {
  for (const part of content) {
    if (Array.isArray(part)) add(element, part);
    else if (part !== false && part !== undefined) element.append(part instanceof Node ? part : String(part));
  }
}

/** A moment of today. */
export const clock = (at: number | undefined): string => (at ? new Date(at).toLocaleTimeString() : '');

/** How long ago it was. */
export function ago(at: number | undefined): string {
  if (!at) return '';
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
  // In steps, so that what is being read does not change under the eye.
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds - (seconds % 10)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(at).toLocaleString();
}

/** Bytes as people read them. */
export const size = (bytes: number): string => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} KB`);

/** One or many. */
export const count = (number: number, one: string): string => `${number} ${one}${number == 1 ? '' : 's'}`;
