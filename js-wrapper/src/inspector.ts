/**
 * The chunk that pages in debug mode load: the console says what goes wrong, what is sent and how the core's state changes;
 * `?waymark_debug` shows the same in a panel.
 *
 * Owns the way from the core to whoever looks: the compiled inspector (`sdk-wasm/inspector`) has the core's words,
 * `inspector/` the panel, the traffic and the catalogue. Adds one method to the API: `waymark.state()` of the script tag,
 * for the console. Where the page's policy refuses WebAssembly, all but the core's words is there.
 */

import init, { inspect, object, sentence } from '#inspector';
import type { Core } from './engine.js';
import { catalogue as catalogueOf } from './inspector/catalogue.js';
import { count } from './inspector/dom.js';
import { open } from './inspector/panel.js';
import { queue, read, touches } from './inspector/state.js';
import { fate, listen, type Sent } from './inspector/traffic.js';
import type { Stub } from './stub.js';
import type { InitOptions } from './types.js';

/** What keeps debug mode on in a tab: the loader looks for it. */
const KEPT = 'waymark_debug';
const ASKED = '?waymark_debug';
/** Batches and problems that are kept to be looked at. */
const MOST = 30;
/** Milliseconds between two looks at the core. */
const EVERY = 250;

/** Whether this tab shows the panel: asked for by the page's address, or by an earlier page's. */
function isAsked(url: string): boolean {
  try {
    if (/[?&]waymark_debug/.test(url)) sessionStorage.setItem(KEPT, ASKED);
    return !!sessionStorage.getItem(KEPT);
  } catch {
    return /[?&]waymark_debug/.test(url);
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // Then it was not kept.
  }
}

/** A batch in the console: one line, and a line for each item below it. */
function print(sent: Sent): void {
  const { number, batch, status, took, error } = sent;
  const outcome = sent.beacon ? 'as a beacon, without an answer' : `${status || 'no answer'} after ${Math.round(took ?? 0)} ms`;
  console.groupCollapsed('[waymark]', `batch ${number}: ${count(batch.items.length, 'item')}, ${outcome}`);
  if (error) console.log(error);
  for (const item of batch.items) {
    const { reason, field, ignored, flagged } = sent.answers.get(item.id) ?? {};
    const said = [reason, field, ignored && `left out: ${ignored}`, flagged && `flagged: ${flagged}`].filter(Boolean).join(' ');
    console.log(fate(sent, item), item.type, item.data, said);
  }
  console.groupEnd();
}

/** Watches `core` from now on; `api` gets the method `state`. */
export async function attach(core: Core, api: Stub, options: InitOptions): Promise<void> {
  const endpoint = new URL(options.endpoint, location.href);
  if (endpoint.pathname == '/') endpoint.pathname = '/v1/events';
  const sent: Sent[] = [];
  const problems: string[] = [];
  let words: ((number: number) => string) | undefined;
  /** Whether the words are not coming: the page forbids WebAssembly. */
  let wordless = false;
  let show: ReturnType<typeof open> | undefined;

  const catalogue = catalogueOf(options, endpoint.href, () => sent.forEach(look));

  function look({ batch }: Sent): void {
    batch.items.forEach(judge);
  }

  function judge(item: { id: string; type: string; data: object }): void {
    const found = catalogue.look(item);
    if (found) console.warn('[waymark]', `catalogue: ${found.name}: ${found.field} ${found.message}`);
  }

  const silence = listen(endpoint.href, (one) => {
    if (!sent.includes(one)) sent.push(one);
    if (sent.length > MOST) sent.shift();
    look(one);
    if (one.beacon || one.status !== undefined) print(one);
  });

  /** The core's problems, for whoever asks first; the panel keeps their words. */
  const take = () => {
    const numbers = core.take_problems();
    for (const number of numbers.split(' ').filter(Boolean)) {
      problems.push(words?.(+number) ?? `problem ${number}`);
      if (problems.length > MOST) problems.shift();
    }
    return numbers;
  };

  const tick = () => {
    // Until the words are there or refused, problems wait for them.
    if (wordless) take();
    const state = read(core.state());
    const items = queue();
    items.forEach(judge);
    const context = sent[sent.length - 1]?.batch.context;
    show?.({ state, queue: items, ...touches(core, state, context), sent, problems, catalogue });
  };
  const timer = setInterval(tick, EVERY);

  if (isAsked(api.l.url)) {
    show = open(() => {
      show = undefined;
      clearInterval(timer);
      silence();
      forget();
    });
    tick();
  }

  try {
    await init({ module_or_path: new URL(__INSPECTOR_WASM__, import.meta.url) });
  } catch (error) {
    wordless = true;
    throw error;
  }
  words = sentence;
  inspect(core.state, take);
  api['state'] = () => object(core.state());
}
