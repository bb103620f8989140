import type { DirectiveBinding, ObjectDirective } from 'vue';

import { trackElement, trackFormElement, type Attached, type Tracked, type TrackedForm } from '../adapter/element.js';
import waymark from '../index.js';
import type { Waymark } from '../types.js';

/** A directive that gives each of its elements the behaviour that `attach` makes. */
function directive<P>(
  attach: (client: Waymark, element: HTMLElement, binding: DirectiveBinding<P>) => Attached<P>,
): ObjectDirective<HTMLElement, P> {
  const attached = new WeakMap<Element, Attached<P>>();
  return {
    mounted(element, binding) {
      const client = (binding.instance as { $waymark?: Waymark } | null)?.$waymark ?? waymark;
      attached.set(element, attach(client, element, binding));
    },
    updated: (element, { value }) => attached.get(element)?.update(value),
    beforeUnmount: (element) => attached.get(element)?.destroy(),
  };
}

/**
 * `v-track="'cta_clicked'"` records an event when the element is clicked, or a form submitted; `v-track:focusin="…"` when
 * something else happens to it. With properties: `v-track="{ name: 'cta_clicked', props: { place: 'hero' } }"`.
 */
export const vTrack: ObjectDirective<HTMLElement, Tracked> = /* @__PURE__ */ directive<Tracked>(
  (client, element, { arg, value }) =>
    trackElement(client, element, arg ?? (element.tagName == 'FORM' ? 'submit' : 'click'), value),
);

/** `v-track-form="'signup'"` records `form_started`, `form_submitted` and `form_abandoned`; never what was typed. */
export const vTrackForm: ObjectDirective<HTMLElement, TrackedForm> = /* @__PURE__ */ directive<TrackedForm>(
  (client, element, { value }) => trackFormElement(client, element, value),
);
