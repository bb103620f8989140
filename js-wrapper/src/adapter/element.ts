/**
 * Events of single elements, for frameworks that can attach behaviour to an element.
 *
 * Owns listeners on the element that it is given, until `destroy`.
 */

import type { Props, TrackOptions, Waymark } from '../types.js';
import { watchForm } from './form.js';

/** What is to be recorded: a name, or a name with properties and options. */
export type Tracked = string | ({ name: string; props?: Props } & TrackOptions);

/** Behaviour that an element has been given. Frameworks call these by name. */
export interface Attached<P> {
  update(parameter: P): void;
  destroy(): void;
}

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
  node.addEventListener(type, heard);
  return {
    update: (next) => void (tracked = next),
    destroy: () => node.removeEventListener(type, heard),
  };
}

/** A form to be watched: the name that the site has for it, or that with properties. */
export type TrackedForm = string | { form: string; props?: Props };

/** Watches the form `node`; see {@link watchForm}. */
export function trackFormElement(client: Waymark, node: Element, tracked: TrackedForm): Attached<TrackedForm> {
  const watch = watchForm(client, () =>
    typeof tracked == 'string' ? { form: tracked } : { ...tracked.props, form: tracked.form },
  );
  // Most fields say `input` as they are edited, and some custom ones `change` alone.
  const changes = ['input', 'change'];
  for (const type of changes) node.addEventListener(type, watch.changed);
  node.addEventListener('submit', watch.submitted);
  return {
    update: (next) => void (tracked = next),
    destroy() {
      for (const type of changes) node.removeEventListener(type, watch.changed);
      node.removeEventListener('submit', watch.submitted);
      watch.left();
    },
  };
}
