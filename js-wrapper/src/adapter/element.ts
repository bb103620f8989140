/**
 * Events of single elements, for frameworks that can attach behaviour to an element.
 *
 * Owns listeners on the element that it is given, until `destroy`.
 */

import type { EventName, Props, TrackOptions, Waymark } from '../types.js';
import { watchForm } from './form.js';

/** What is to be recorded: a name, or a name with properties and options. */
export type Tracked = EventName | ({ name: EventName; props?: Props } & TrackOptions);

/** Behaviour that an element has been given. Frameworks call these by name. */
export interface Attached<P> {
  update(parameter: P): void;
  destroy(): void;
}

/**
 * Adds or removes a listener that runs before the site's own: those may take the element off the page, and then what
 * would be heard after them is not.
 */
const first = (node: Element, how: 'addEventListener' | 'removeEventListener', type: string, heard: () => void) =>
  node[how](type, heard, true);

/** Records `tracked` whenever `type` happens to `node`. */
export function trackElement(
  client: Waymark,
  node: Element,
  type: string,
  tracked: Tracked,
): Attached<Tracked> {
  const heard = () => {
    const { name, props, ...options } = typeof tracked == 'string' ? { name: tracked } : tracked;
    client.track(name, props, options);
  };
  first(node, 'addEventListener', type, heard);
  return {
    update: (next) => void (tracked = next),
    destroy: () => first(node, 'removeEventListener', type, heard),
  };
}

/** A form to be watched: the name that the site has for it, or that with properties. */
export type TrackedForm = string | { form: string; props?: Props };

/** Watches the form `node`; see {@link watchForm}. */
export function trackFormElement(client: Waymark, node: Element, tracked: TrackedForm): Attached<TrackedForm> {
  const watch = watchForm(client, () =>
    typeof tracked == 'string' ? { form: tracked } : { ...tracked.props, form: tracked.form },
  );
  const listen = (how: 'addEventListener' | 'removeEventListener') => {
    // Most fields say `input` as they are edited, and some custom ones `change` alone.
    for (const type of ['input', 'change']) first(node, how, type, watch.changed);
    first(node, how, 'submit', watch.submitted);
  };
  listen('addEventListener');
  return {
    update: (next) => void (tracked = next),
    destroy() {
      listen('removeEventListener');
      watch.left();
    },
  };
}
