/**
 * The chunk for `linkDomains`: a visitor who follows a link to a sister site stays the same visitor there, in the same
 * session.
 *
 * Owns the parameter `_wm`: links and forms get it at the moment they are used, and the landing page's is checked here
 * (the stub has taken it out of the address already). What it says goes to the core as a record of the browser's tabs, as if
 * one of them had written it, once the core may read those, so not without consent. Refuses hosts that are not listed,
 * plain http from a page of https, and to write anything itself.
 *
 * The check keeps apart what happens by accident: a link that was copied, passed on, kept or cut off. It is no protection
 * against somebody who means it, since everything that goes into it can be known: there is no secret in a browser.
 */

import type { Core } from './engine.js';
import type { Landing } from './stub.js';
import type { InitOptions } from './types.js';

/** The name of the parameter. */
const NAME = '_wm';

/** How long a link holds, in milliseconds: redirects, a slow network and a log-in on the way. */
const LIFE = 120_000;

/** How long a decorated link stays so: a page's own handler may read it a moment later. */
const SHOWN = 1_000;

/** What tells browsers apart, roughly, and is the same for all sites of one. */
const browser = (): string =>
  [navigator.userAgent, Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language].join();

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}

/**
 * `1.<time>.<visitor>.<session>.<last activity>.<check>`, times in base 36. None of its characters is written otherwise
 * in any part of a URL, so that servers which take a URL apart and put it together again leave it as it is.
 */
function sign(time: number, visitor: string, session: string, last: number): string {
  const said = ['1', time.toString(36), visitor, session, last.toString(36)].join('.');
  return `${said}.${hash(said + browser()).toString(36)}`;
}

/** An id of version 7, as `core/id` reads it. */
const ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** A visitor and the running session: what a link carries. */
export interface Brought {
  visitor: string;
  session: string;
  /** The session's latest activity, in milliseconds since the Unix epoch. */
  last: number;
}

/** What a landing brought, or why it is refused. */
function read(link: string, at: number): Brought | string {
  const value = /^[\w.-]*/.exec(link)?.[0] ?? '';
  const [, time = '', visitor = '', session = '', active = ''] = value.split('.');
  const made = parseInt(time, 36);
  const last = parseInt(active, 36);
  if (!ID.test(visitor) || !ID.test(session) || !(last > 0)) return 'it is not whole';
  if (value != sign(made, visitor, session, last)) return 'it is of another browser';
  return at >= made && at - made <= LIFE ? { visitor, session, last } : 'it is too old';
}

/** The flag of a visitor who was made by a reset: `session::RESET`. */
const RESET = 4;

/**
 * The shared record (`core/session`) that holds, given the one in storage and the cookies; undefined for the one in storage.
 *
 * Of several ids the oldest holds, as in `core/visitor`: a browser that has been here before stays who it is, and one that
 * was at the sister site before becomes the same here. After a reset nothing brings back who was there before. Of one
 * visitor's two sessions the one goes on that was active last.
 */
export function settle({ visitor, session, last }: Brought, stored: string, cookies: string): string | undefined {
  const [id = '', running, , active = '0', flags = '0', ...user] = stored.split(' ');
  const reset = +flags & RESET;
  // In their text form ids are in order of time.
  const [known = visitor] = reset
    ? [id]
    : [id, ...[...cookies.matchAll(/\bwm_id=([\da-f-]{36})/g)].map(([, found]) => found as string)].filter(Boolean).sort();
  if (reset ? known != visitor : known < visitor) return;
  const same = id == visitor;
  if (same && (running == session || +active >= last)) return;
  // The session's id says when it began.
  const started = parseInt(session.slice(0, 8) + session.slice(9, 13), 16);
  return [visitor, session, started, last, reset, ...(same ? user : [''])].join(' ');
}

/** Whether a host is listed: `shop.example`, or for `*.shop.example` one below it. */
const isListed = (host: string, domains: string[]): boolean =>
  domains.some((domain) => (domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host == domain));

/** Where the core finds the shared record: `storage::RECORD`. */
const RECORD = 'wm_s';

/** The host of a referrer; empty for none. */
const host = (address: string): string => /^https?:\/\/([^/?#:]+)/.exec(address)?.[1] ?? '';

/** Decorates from now on, and brings to the core what the landing brought. */
export function attach(core: Core, options: InitOptions, landing: Landing): void {
  const domains = [options.linkDomains ?? []]
    .flat()
    .flatMap((domain) => `${domain}`.toLowerCase().split(/[\s,]+/))
    .filter(Boolean);
  const warn = (...said: string[]) => {
    if (options.debug) console.warn('[waymark]', ...said);
  };
  const wrong = domains.filter((domain) => !/^(\*\.)?[^*/:@?#]+$/.test(domain));
  if (wrong.length) warn('linkDomains: no host name, such as shop.example or *.shop.example:', ...wrong);

  /** The parameter's value now; empty without consent, or before there is a visitor. */
  const token = (): string => {
    const [record = '', , , , , consent] = core.state().split('\0');
    const [visitor, session, , last] = record.split(' ');
    // Who stores nothing has nobody to carry along.
    const may = consent == 'granted' && !(options as { cookieless?: unknown }).cookieless;
    return may && visitor && session ? sign(Date.now(), visitor, session, Number(last)) : '';
  };

  /** Where an address leads, if that is a sister site. */
  const sister = (address: string | null): URL | undefined => {
    if (address == null) return;
    const url = new URL(address, document.baseURI);
    const safe = url.protocol == 'https:' || (url.protocol == 'http:' && location.protocol == 'http:');
    return safe && url.hostname != location.hostname && isListed(url.hostname, domains) ? url : undefined;
  };

  /** What is decorated now: the address, and what stood in its place. */
  const decorated = new WeakMap<Element, { href: string; plain: string | null }>();

  /** Puts a decorated address into an attribute, for a moment. */
  const decorate = (element: Element, attribute: string, url: URL, value: string) => {
    const now = element.getAttribute(attribute);
    const earlier = decorated.get(element);
    const plain = earlier?.href == now ? (earlier?.plain ?? null) : now;
    // Not by `searchParams`, which writes the other parameters anew.
    const others = url.search.slice(1).split('&').filter((part) => part && !part.startsWith(`${NAME}=`));
    url.search = [...others, `${NAME}=${value}`].join('&');
    element.setAttribute(attribute, url.href);
    decorated.set(element, { href: url.href, plain });
    setTimeout(() => {
      if (element.getAttribute(attribute) != url.href) return;
      if (plain == null) element.removeAttribute(attribute);
      else element.setAttribute(attribute, plain);
    }, SHOWN);
  };

  const followed = (event: Event) => {
    // Of the whole path, because a link in a shadow tree is no target outside of it.
    const link = event
      .composedPath()
      .find((node): node is Element => node instanceof Element && /^(a|area)$/i.test(node.localName));
    const url = sister(link?.getAttribute('href') ?? null);
    const value = url && token();
    if (link && url && value) decorate(link, 'href', url, value);
  };

  const submitted = (event: Event) => {
    const form = event.composedPath()[0];
    if (!(form instanceof HTMLFormElement)) return;
    const { submitter } = event as SubmitEvent;
    // Attributes, because a field named "action" or "method" stands before the form's own property.
    const own = (name: string) => (submitter?.hasAttribute(`form${name}`) ? submitter : form);
    const said = (name: string) => own(name).getAttribute(own(name) == form ? name : `form${name}`);
    const url = sister(said('action'));
    const value = url && token();
    if (!url || !value) return;
    const method = (said('method') ?? '').toLowerCase();
    if (method == 'post') {
      decorate(own('action'), own('action') == form ? 'action' : 'formaction', url, value);
    } else if (method != 'dialog') {
      // The fields are the whole query: what the address has of one is left out.
      form.querySelector(`input[type=hidden][name=${NAME}]`)?.remove();
      const field = Object.assign(document.createElement('input'), { type: 'hidden', name: NAME, value });
      form.append(field);
      setTimeout(() => field.remove(), SHOWN);
    }
  };

  const listen = (type: string, then: (event: Event) => void) =>
    // Before any handler of the page: one that goes to the link's address itself reads the decorated one.
    window.addEventListener(
      type,
      (event) => {
        try {
          then(event);
        } catch {
          // An address that is none.
        }
      },
      true,
    );
  // The Enter key makes a click, the middle button an auxclick.
  listen('click', followed);
  listen('auxclick', followed);
  listen('submit', submitted);

  // A sister site is not where a visitor came from, even if the session begins here.
  const start = core.start;
  core.start = (given) => {
    const arrival = given.arrival ?? given.landing;
    const own = !!host(arrival.referrer) && isListed(host(arrival.referrer), domains);
    start(own ? { ...given, arrival: { ...arrival, referrer: '' } } : given);
  };

  if (landing.link == null) return;
  const brought = read(landing.link, landing.at);
  if (typeof brought == 'string') return warn(`the link of a sister site is refused: ${brought}`);
  // Looked up when the core looks, and gone when the core has written the record.
  Object.defineProperty(core.memory, RECORD, {
    configurable: true,
    enumerable: true,
    get() {
      try {
        return settle(brought, localStorage.getItem(RECORD) ?? '', document.cookie);
      } catch {
        return settle(brought, '', '');
      }
    },
  });
}
