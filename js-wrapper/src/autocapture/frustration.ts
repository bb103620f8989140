/**
 * Clicks in anger: many on one spot, and one that nothing follows.
 *
 * A `rage_click` is the third of clicks in quick succession on one spot. A `dead_click` is one on something that looks as
 * if it did something, after which the page neither changes, navigates, scrolls, moves focus or selection, nor does
 * anything else that is noticed. When in doubt a click is not dead: a page that changes all the time has none.
 */

import { describe, destination, isWeb, marks } from './element.js';
import { guarded, send } from './page.js';

/** A rage click: so many clicks, each at most so long after and so far from the one before. */
const RAGE_CLICKS = 3;
const RAGE_MS = 500;
const RAGE_PX = 30;

/** How long a click has to have an effect, in milliseconds. */
const DEAD_MS = 2_500;

/** What a page does that is no change of its tree; it says `beforeunload` when it begins to leave. */
const EFFECTS =
  'scroll focusin blur input change submit reset invalid toggle close play pause volumechange copy fullscreenchange beforeunload'.split(' ');

let count = 0;
let before: MouseEvent | undefined;

/** Counts a click towards a rage click. */
export function rage(event: MouseEvent, path: Element[], target: Element | undefined): void {
  const near =
    before &&
    event.timeStamp - before.timeStamp < RAGE_MS &&
    Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < RAGE_PX;
  count = near ? count + 1 : 1;
  before = event;
  // A keyboard's clicks have no place. Three clicks select a line of text, which is nobody's anger.
  if (count != RAGE_CLICKS || !event.detail || (!target && selects(path[0] as HTMLInputElement))) return;
  const element = target ?? path[0]!;
  send('rage_click', { ...describe(element, destination(element)), ...marks(path) });
}

/** Whether text is selected within an element. */
function selects(element: HTMLInputElement): boolean {
  const { anchorNode, isCollapsed } = getSelection()!;
  const within = !isCollapsed && anchorNode?.nodeType == 3 && element.contains(anchorNode);
  return within || element.selectionStart != element.selectionEnd;
}

/** What is selected and where the page is, to be compared. */
function place(): unknown[] {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection()!;
  return [location.href, anchorNode, anchorOffset, focusNode, focusOffset];
}

let end = () => {};

/** Watches for an effect of a click on `target`; only one click at a time, the latest. */
export function watchEffect(event: MouseEvent, path: Element[], target: Element): void {
  end();
  const url = destination(target);
  const opens = (target.getAttribute('target') || '_self') != '_self' || target.hasAttribute('download');
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (opens || modified || (url && !isWeb(url) && url.protocol != 'javascript:')) return;

  const at = Date.now();
  const start = place();
  const page = location.href.split('#')[0];
  const options = { capture: true, passive: true };
  const observer = new MutationObserver(() => end());
  end = () => {
    clearTimeout(timer);
    observer.disconnect();
    for (const type of EFFECTS) window.removeEventListener(type, end, options);
    end = () => {};
  };
  const judge = () => {
    end();
    // The browser is on its way to another page, which may take its time.
    const leaves = url && isWeb(url) && !event.defaultPrevented && url.href.split('#')[0] != page;
    if (leaves || place().some((part, i) => part !== start[i])) return;
    send('dead_click', { ...describe(target, url), ...marks(path) }, undefined, at);
  };
  const timer = setTimeout(guarded(judge), DEAD_MS);
  for (const type of EFFECTS) window.addEventListener(type, end, options);
  const changes = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(document, changes);
  for (const element of path) {
    const root = element.getRootNode();
    if (root != document) observer.observe(root, changes);
  }
}
