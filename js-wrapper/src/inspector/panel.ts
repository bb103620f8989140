/**
 * The panel in the page: a shadow root on one element of its own, beside the page's body.
 *
 * Owns how it looks and is used: tabs, keys, what is unfolded. Takes no room in the page's layout and lets no key that is
 * meant for it reach the page. Closed with Escape it is a button; its own button ends it for the tab.
 */

import { count, make, type Content } from './dom.js';
import { STYLE } from './style.js';
import { activity, events, visitor, waiting, type Known } from './views.js';

const VIEWS: [name: string, title: string, view: (known: Known) => Content][] = [
  ['activity', 'Activity', activity],
  ['queue', 'Queue', waiting],
  ['visitor', 'Visitor', visitor],
  ['catalogue', 'Catalogue', events],
];

/** Puts the panel into the page. Gives what shows the latest there is to know. */
export function open(end: () => void): (known: Known) => void {
  const host = document.createElement('waymark-inspector');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  let chosen = 'activity';
  let known: Known | undefined;
  let shown = '';

  const sub = make('span', { class: 'sub' });
  const body = make('div', { class: 'body', role: 'tabpanel', id: 'body', tabindex: '0' });
  const numbers: Record<string, HTMLElement> = {};
  const tabs = VIEWS.map(([name, title]) =>
    make(
      'button',
      { class: 'tab', role: 'tab', id: `tab-${name}`, 'aria-controls': 'body', onclick: () => choose(name) },
      title,
      (numbers[name] = make('span', { class: 'number', hidden: true })),
    ),
  );
  const panel = make(
    'section',
    { class: 'panel', role: 'dialog', 'aria-label': 'Waymark inspector', tabindex: '-1' },
    make(
      'header',
      { class: 'head' },
      make('span', { class: 'mark', 'aria-hidden': 'true' }),
      make('span', { class: 'title' }, 'Waymark'),
      sub,
      make('button', { class: 'tool', title: 'Escape', onclick: () => fold(true) }, 'Hide'),
      make('button', { class: 'tool', title: 'Ends debug mode in this tab', onclick: () => (host.remove(), end()) }, 'End'),
    ),
    make('div', { class: 'tabs', role: 'tablist', onkeydown: move }, tabs),
    body,
  );
  const label = make('span', {}, 'Waymark');
  const pill = make(
    'button',
    { class: 'pill', hidden: true, 'aria-label': 'Open the Waymark inspector', onclick: () => fold(false) },
    make('span', { class: 'mark', 'aria-hidden': 'true' }),
    label,
  );

  function fold(away: boolean): void {
    panel.hidden = away;
    pill.hidden = !away;
    (away ? pill : panel).focus();
    render();
  }

  function choose(name: string): void {
    chosen = name;
    shown = '';
    render();
    body.scrollTop = 0;
  }

  function move(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = VIEWS.findIndex(([name]) => name == chosen);
    const next = (at + step + VIEWS.length) % VIEWS.length;
    choose(VIEWS[next]?.[0] ?? chosen);
    tabs[next]?.focus();
    event.preventDefault();
  }

  function tally(name: string, number: number, alarm = false): void {
    const badge = numbers[name] as HTMLElement;
    badge.hidden = !number;
    badge.textContent = String(number);
    badge.classList.toggle('alarm', alarm);
  }

  function render(): void {
    if (!known) return;
    const { state, catalogue, problems } = known;
    tally('activity', problems.length, true);
    tally('queue', state.queued);
    tally('catalogue', catalogue.found.size, true);
    sub.textContent = `${state.consent ?? 'consent unknown'} · ${count(state.queued, 'item')} waiting`;
    const wrong = catalogue.found.size + problems.length;
    label.textContent = wrong ? `Waymark · ${wrong}` : 'Waymark';
    VIEWS.forEach(([name], at) => {
      tabs[at]?.setAttribute('aria-selected', String(name == chosen));
      tabs[at]?.setAttribute('tabindex', name == chosen ? '0' : '-1');
    });
    body.setAttribute('aria-labelledby', `tab-${chosen}`);
    if (panel.hidden) return;
    const view = VIEWS.find(([name]) => name == chosen)?.[2] as (known: Known) => Content;
    const next = make('div', {}, view(known));
    // What is unfolded, read or marked with the mouse stays as it is while nothing is new.
    if (next.innerHTML == shown) return;
    shown = next.innerHTML;
    const key = (element: Element | null | undefined) => element?.closest('[data-key]')?.getAttribute('data-key');
    const unfolded = new Set(Array.from(body.querySelectorAll('details[open]'), key));
    const focused = key(root.activeElement);
    const { scrollTop } = body;
    body.replaceChildren(...Array.from(next.childNodes));
    for (const details of Array.from(body.querySelectorAll('details'))) {
      details.open = unfolded.has(key(details));
      if (focused && key(details) == focused) details.querySelector('summary')?.focus({ preventScroll: true });
    }
    body.scrollTop = scrollTop;
  }

  for (const type of ['keydown', 'keyup', 'keypress'] as const) {
    host.addEventListener(type, (event) => {
      event.stopPropagation();
      if (type == 'keydown' && event.key == 'Escape' && !panel.hidden) fold(true);
    });
  }
  root.append(panel, pill);
  document.documentElement.append(host);
  return (latest) => {
    known = latest;
    render();
  };
}
