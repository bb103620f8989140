/**
 * Forms: submitted, or left behind when something had been entered.
 *
 * Knows which fields were entered into by their names alone; no value is read here. A form is left behind when its page
 * view ends without a submit event.
 */

import { elements, marks } from './element.js';
import { HIGH, listen, send, watch } from './page.js';
import { bare, cut } from './text.js';

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
    const { event: _, ...said } = marks(path);
    // By attribute: a field of the name "action" stands in for the property.
    const action = form.getAttribute('action') ?? '';
    let to: string | undefined;
    try {
      to = bare(new URL(action, form.baseURI));
    } catch {
      // No address that a browser could submit to.
    }
    const [form_id, form_name] = ['id', 'name'].map((name) => cut(form.getAttribute(name)));
    return { form_id, form_name, form_destination: to, ...said };
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
      const name = field.getAttribute('name') || field.getAttribute('id');
      entered.set(form, { path: path.slice(path.indexOf(form)), field: cut(name), at: Date.now() });
    }
  });
  watch((moment) => {
    if (moment == 'hidden') return;
    for (const [form, { path, field, at }] of entered) {
      send('form_abandoned', { ...describe(form, path), last_field: field }, { view: 'current' }, at);
    }
    entered.clear();
  });
}
