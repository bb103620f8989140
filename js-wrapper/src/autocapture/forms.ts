/**
 * Forms: submitted, or left behind when something had been entered.
 *
 * Knows which fields were entered into by their names alone; no value is read here. A form is left behind when its page
 * view ends without a submit event.
 */

import { attribute, elements, marks, resolve } from './element.js';
import { HIGH, listen, note, send, watch } from './page.js';
import { bare } from './text.js';

/** Forms of one page view that are remembered. */
const FORMS = 10;

interface Entry {
  path: Element[];
  field: string | undefined;
  at: number;
}

/** Watches forms, those in shadow trees as well. */
export function watchForms(): void {
  const entered = new Map<Element, Entry>();
  const roots = new WeakSet<Node>([document]);

  const describe = (form: Element, path: Element[]) => {
    // By attribute: a field of the name "action" stands in for the property.
    const to = resolve(form, form.getAttribute('action') ?? '');
    return {
      form_id: attribute(form, 'id'),
      form_name: attribute(form, 'name'),
      form_destination: to && bare(to),
      ...marks(path),
    };
  };

  const submitted = (event: Event) => {
    const path = elements(event);
    const form = path[0];
    if (!form) return;
    entered.delete(form);
    send('form_submitted', describe(form, path), HIGH);
  };

  listen(document, 'submit', submitted);
  listen(document, 'input', (event) => {
    const path = elements(event);
    const field = path[0] as HTMLInputElement | undefined;
    const form = field?.form;
    if (!field || !form || !event.isTrusted) return;
    // Submit events do not leave a shadow tree.
    const root = form.getRootNode();
    if (!roots.has(root)) {
      roots.add(root);
      listen(root, 'submit', submitted);
    }
    if (entered.size < FORMS || entered.has(form)) {
      const name = attribute(field, 'name') || attribute(field, 'id');
      entered.set(form, { path: path.slice(path.indexOf(form)), field: name, at: Date.now() });
    }
  });
  watch((moment) => {
    if (moment == 'hidden') return;
    for (const [form, { path, field, at }] of entered) {
      note('form_abandoned', { ...describe(form, path), last_field: field }, at);
    }
    entered.clear();
  });
}
