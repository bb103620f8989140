/** The panel's four views, each from what is known at one moment to elements. They keep nothing and change nothing. */

import type { Item, ItemAnswer, Touch } from '../wire.js';
import type { Catalogue } from './catalogue.js';
import type { Finding } from './check.js';
import { ago, clock, count, make, size, type Content } from './dom.js';
import type { State, Waiting } from './state.js';
import { fate, type Fate, type Sent } from './traffic.js';

/** What there is to see. */
export interface Known {
  state: State;
  queue: Waiting[];
  first?: Touch;
  last?: Touch;
  sent: readonly Sent[];
  problems: readonly string[];
  catalogue: Catalogue;
}

const WORDS: Partial<Record<Fate, string>> = { sending: 'on its way', beacon: 'beacon', failed: 'not arrived' };

const none = (text: string) => make('p', { class: 'none' }, text);
const json = (value: unknown) => make('pre', {}, JSON.stringify(value, null, 2));

/** What an item is called: its name, or what stands in its place. */
function title({ type, data }: { type: string; data: object }): Content {
  const { name, user_id, account_id, url, state } = data as Record<string, string | undefined>;
  const said = name ?? user_id ?? account_id ?? state ?? (type == 'page_view' && url ? url.replace(/^https?:\/\/[^/]+/, '') : '');
  return make('span', { class: 'name' }, said || type, ' ', !!said && make('span', { class: 'kind' }, type));
}

/** What the collector's line says beside the status, and the catalogue of this page. */
function notes(answer: Partial<ItemAnswer> = {}, finding: Finding | undefined): Content {
  const { reason, field, limit, ignored = [], flagged = [] } = answer;
  return [
    !!finding && make('p', { class: 'note' }, `${finding.field}: ${finding.message}`),
    !!reason && make('p', { class: 'note bad' }, reason, field ? `: ${field}` : '', limit ? `, at most ${limit}` : ''),
    ignored.length > 0 && make('p', { class: 'note' }, `left out: ${ignored.join(', ')}`),
    flagged.length > 0 && !finding && make('p', { class: 'note' }, `not as the catalogue says: ${flagged.join(', ')}`),
  ];
}

function row(key: string, item: Item, status: Fate, answer: ItemAnswer | undefined, { findings }: Catalogue): Element {
  const finding = findings.get(item.id);
  const flagged = !!answer?.flagged?.length || (!!finding && status != 'dropped');
  return make(
    'details',
    { 'data-key': key },
    make(
      'summary',
      {},
      title(item),
      flagged && make('span', { class: 'badge flagged' }, 'flagged'),
      make('span', { class: `badge ${status}` }, WORDS[status] ?? status),
    ),
    notes(answer, finding),
    json(item.data),
  );
}

/** Each text once, and how often. */
function repeated(texts: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1);
  return times;
}

/** Batches with each item's answer, the latest first, and what the core could not take. */
export function activity({ sent, problems, catalogue }: Known): Content {
  return [
    problems.length > 0 && [
      make('h3', {}, 'Problems'),
      make('div', { class: 'notes' }, [...repeated(problems)].map(([problem, times]) => make('p', { class: 'note' }, problem, times > 1 && ` (${times}×)`))),
      make('h3', {}, 'Batches'),
    ],
    !sent.length && none('Nothing has been sent since this panel opened. Items wait a few seconds for company.'),
    [...sent].reverse().map((one) => {
      const { number, at, batch, bytes, status, took, error } = one;
      return make(
        'section',
        { class: 'batch' },
        make(
          'div',
          { class: 'about' },
          make('b', {}, `Batch ${number}`),
          count(batch.items.length, 'item'),
          make('span', {}, size(bytes)),
          make('span', {}, clock(at)),
          make('span', { class: 'end' }, one.beacon ? 'no answer comes' : status === undefined ? 'sending…' : `${status || 'no answer'} · ${Math.round(took ?? 0)} ms`),
        ),
        !!error && make('p', { class: 'note bad' }, error),
        batch.items.map((item) => row(`${number}.${item.id}`, item, fate(one, item), one.answers.get(item.id), catalogue)),
      );
    }),
  ];
}

/** Items that no answer has named yet. */
export function waiting({ state, queue, catalogue }: Known): Content {
  const hidden = Math.max(0, state.queued - queue.length);
  return [
    state.dropped > 0 && make('div', { class: 'notes' }, make('p', { class: 'note bad' }, `${count(state.dropped, 'item')} given up since the page was loaded`)),
    !queue.length && !hidden && none('Nothing waits: every item has its answer.'),
    queue.length > 0 &&
      make(
        'div',
        { class: 'list' },
        queue.map((item) => {
          const finding = catalogue.findings.get(item.id);
          return make(
            'details',
            { 'data-key': `q.${item.id}` },
            make('summary', {}, title(item), !!finding && make('span', { class: 'badge flagged' }, 'flagged'), make('span', { class: 'kind' }, ago(item.at))),
            notes(undefined, finding),
            json(item),
          );
        }),
      ),
    hidden > 0 && none(`${count(hidden, 'item')} in the page's memory alone.`),
  ];
}

const facts = (...pairs: [string, Content, boolean?][]) =>
  make(
    'dl',
    {},
    pairs.map(([name, value, mono]) => [
      make('dt', {}, name),
      make('dd', { class: value ? (mono ? 'mono' : '') : 'unknown' }, value || '—'),
    ]),
  );

function came(touch: Touch | undefined): Content {
  if (!touch) return none('Not known.');
  const { at, source, medium, campaign, term, content, click_ids, landing_url, referrer } = touch;
  const clicks = Object.keys(click_ids ?? {}).join(', ');
  return facts(
    ['Source', source],
    ['Medium', medium],
    ['Campaign', campaign],
    ...([
      ['Term', term],
      ['Content', content],
      ['Click ids', clicks],
    ] as [string, Content][]).filter(([, value]) => value),
    ['Landing page', landing_url, true],
    ['Referrer', referrer, true],
    ['When', ago(at)],
  );
}

/** Who, in which session, how they came, and what they agreed to. */
export function visitor({ state, first, last, sent }: Known): Content {
  const ga = sent[sent.length - 1]?.batch.context.ga;
  return [
    make('h3', {}, 'Visitor'),
    facts(['Visitor', state.visitor, true], ['User', state.user], ['Consent', !!state.consent && make('span', { class: `badge ${state.consent == 'granted' ? 'accepted' : 'retry'}` }, state.consent)]),
    make('h3', {}, 'Session'),
    facts(['Session', state.session, true], ['Started', ago(state.started)], ['Last activity', ago(state.active)], ['Tab', state.tab, true]),
    make('h3', {}, 'First touch'),
    came(first),
    make('h3', {}, 'Last touch, of this session'),
    came(last),
    make('h3', {}, 'Google Analytics'),
    facts(['Client', ga?.client_id ?? state.ga, true], ['Session', ga?.session_id, true]),
  ];
}

/** What the catalogue found. */
export function events({ catalogue }: Known): Content {
  const { mode, document, failed, found } = catalogue;
  const size = document && Object.keys(document.events).length;
  return [
    make('h3', {}, 'Catalogue'),
    facts(
      ['Events', size === undefined ? undefined : String(size)],
      ['The collector', mode == 'reject' ? 'rejects what does not fit' : mode == 'flag' ? 'flags what does not fit' : mode == 'off' ? 'does not ask it (off)' : undefined],
    ),
    !!failed && make('p', { class: 'none' }, failed),
    !failed && !document && none('This site has no catalogue yet.'),
    !!document && [
      make('h3', {}, 'Found on this page'),
      !found.size && none('Every event so far is as the catalogue says.'),
      found.size > 0 &&
        make(
          'div',
          { class: 'list' },
          [...found.values()].map(({ name, field, message, times }) =>
            make(
              'div',
              { class: 'found' },
              make('span', { class: 'name' }, name),
              make('span', { class: 'badge flagged' }, `${times}×`),
              make('p', {}, make('code', {}, field), ` ${message}`),
            ),
          ),
        ),
    ],
  ];
}
