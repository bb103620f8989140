/**
 * What may be said of an element: what it is, what its owner wrote to it, where it leads.
 *
 * Refuses to read what a visitor enters: the text of an element is what the page shows there, without fields, and what
 * can be edited is not looked at at all. Asks for no layout: texts come from the tree.
 */

import { bare, CHARS, cut, plain, snake } from './text.js';

/** What a click is meant for. The asterisk: SVG has its links in a namespace of their own. */
const CLICKABLE =
  'a[*|href],area[href],button,summary,[role=button],[role=link],[role=menuitem],[role=tab],[data-waymark-event]' +
  ['button', 'submit', 'reset', 'image'].map((type) => `,input[type=${type}]`).join('');

/** What is not to be noticed: what the site says, and what a visitor writes into. */
const IGNORED = '[data-waymark-ignore],[contenteditable]:not([contenteditable=false])';

/** What has no text that the page shows, or one that the visitor entered. */
const UNREAD = `input,textarea,select,script,style,noscript,template,[aria-hidden=true],${IGNORED}`;

/** Properties that a site's attributes may give to an event. */
const MARKS = 20;

/** The elements that an event went through, from within shadow trees outward; none if it is to be ignored. */
export function elements(event: Event): Element[] {
  const path = event.composedPath().filter((node) => (node as Node).nodeType == 1) as Element[];
  return path.some((element) => element.matches(IGNORED)) ? [] : path;
}

/** The element that a click through `path` is meant for. */
export const clickable = (path: Element[]): Element | undefined => path.find((element) => element.matches(CLICKABLE));

/** What the site's attributes say: `data-waymark-plan-name` is `plan_name`; the innermost counts. */
export function marks(path: Element[]): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const element of path) {
    const { dataset } = element as HTMLElement;
    for (const key in dataset) {
      const name = snake(/^waymark([A-Z].*)/.exec(key)?.[1] ?? '');
      if (name && name != 'event' && !(name in found) && Object.keys(found).length < MARKS) found[name] = cut(dataset[key]);
    }
  }
  return found;
}

/** The event that the site's attributes name. */
export const named = (path: Element[]): string | undefined =>
  (path as HTMLElement[]).map(({ dataset }) => dataset['waymarkEvent']).find(Boolean);

/** The texts below `node`, as the page composes them. */
function words(node: Node): string {
  if (node.nodeType == 3) return (node as Text).data;
  const element = node as Element;
  if (node.nodeType != 1 || element.matches(UNREAD)) return '';
  if (element.localName == 'img') return (element as HTMLImageElement).alt;
  let text = ' ';
  const slotted = (element as HTMLSlotElement).assignedNodes?.({ flatten: true });
  for (const child of slotted ?? Array.from(element.childNodes)) if (text.length < 2 * CHARS) text += words(child);
  return text + ' ';
}

/** Without what fields hold at the moment: a page may show it elsewhere, too. */
export function unentered(text: string): string {
  document.querySelectorAll<HTMLInputElement>('input,textarea').forEach((field) => {
    const { type, value } = field;
    if (value.length > 3 && !/^(hidden|button|submit|reset|image|checkbox|radio)$/.test(type)) {
      text = text.split(value).join('*');
    }
  });
  return text;
}

/** What stands in an attribute, within bounds. */
export const attribute = (element: Element, name: string): string | undefined => cut(element.getAttribute(name));

/** The address that an attribute of `element` has. */
export function resolve(element: Element, address: string): URL | undefined {
  try {
    return new URL(address, element.baseURI);
  } catch {
    return undefined;
  }
}

/** Where a link leads; nothing for what is none. */
export function destination(element: Element): URL | undefined {
  const href = element.getAttribute('href') ?? element.getAttribute('xlink:href');
  return href != null && /^a(rea)?$/.test(element.localName) ? resolve(element, href) : undefined;
}

/** Whether a URL is one of the web, rather than an address, a number or a script. */
export const isWeb = (url: URL): boolean => /^https?:$/.test(url.protocol);

/** What an element is: `text` is said of what can be clicked alone, as the rest of a page may be about the visitor. */
export function describe(element: Element, url?: URL): Record<string, string | undefined> {
  const web = url && isWeb(url);
  const text = () => attribute(element, 'aria-label') || words(element).trim() || attribute(element, 'title') || '';
  return {
    element: element.localName,
    element_id: attribute(element, 'id'),
    text: element.matches(CLICKABLE) ? plain(unentered(text())) : undefined,
    link_url: web ? bare(url) : undefined,
    link_domain: web ? url.hostname : undefined,
  };
}
