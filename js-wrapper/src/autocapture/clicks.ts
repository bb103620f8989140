/**
 * Clicks: on buttons, links and what the site has named; those that lead to other hosts and to files.
 *
 * A click by mouse, finger, keyboard or the middle button, in a shadow tree or on a picture within a link, makes one of
 * `file_downloaded`, `outbound_clicked` and `click`, in this order, or the event that `data-waymark-event` names in place
 * of `click`. Clicks that scripts make are none.
 */

import { clickable, describe, destination, elements, isWeb, marks, named } from './element.js';
import { rage, watchEffect } from './frustration.js';
import { HIGH, listen, send } from './page.js';
import { cut, file } from './text.js';

/** How long after a click on a label the browser's own click on the label's field comes. */
const ECHO_MS = 500;

/** Watches clicks for the parts in `on`. */
export function watchClicks(on: Set<string>): void {
  let last: Element | undefined;
  let field: Element | null | undefined;
  let until = 0;

  listen(window, 'click auxclick', (event) => {
    const { isTrusted, type, button } = event as MouseEvent;
    const path = elements(event);
    if (!isTrusted || !path.length || (type == 'auxclick' && button != 1)) return;
    const target = clickable(path);

    // A click on a label is followed by one on its field, which the visitor did not make.
    const now = performance.now();
    const echo = path[0] == field && now < until;
    field = (path.find((element) => (element as HTMLLabelElement).control) as HTMLLabelElement | undefined)?.control;
    if (field && path.includes(field)) field = null;
    until = now + ECHO_MS;
    if (echo && target == last) return;
    last = target;

    if (on.has('rage') && !echo && type == 'click') {
      rage(event as MouseEvent, path, target);
      if (target) watchEffect(event as MouseEvent, path, target);
    }
    if (target) name(on, target, path);
  });
}

/** Sends what a click on `target` is. */
function name(on: Set<string>, target: Element, path: Element[]): void {
  const url = destination(target);
  const props = () => ({ ...describe(target, url), ...marks(path) });
  const event = on.has('clicks') && named(path);
  const saved = target.getAttribute('download');
  const [file_name, file_extension] = (url && file(saved || url.pathname)) || [saved || undefined];
  if (on.has('downloads') && url && (saved != null || (isWeb(url) && file_name))) {
    send('file_downloaded', { ...props(), file_name: cut(file_name), file_extension }, HIGH);
  } else if (on.has('outbound') && url && isWeb(url) && url.hostname != location.hostname) {
    send('outbound_clicked', props(), HIGH);
  } else if (on.has('clicks') && !event) {
    send('click', props());
  }
  if (event) send(event, props());
}
