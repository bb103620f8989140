/**
 * The chunk for `linkDomains`: a visitor who follows a link to a sister site stays the same visitor there.
 *
 * Owns the parameter `_wm`: links and forms get it at the moment they are used, and the landing page's is checked here
 * (the stub has taken it out of the address already). Whether what it says is taken over is decided in Rust
 * (`core/session`). Refuses hosts that are not listed, plain http from a page of https, and everything without consent.
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

/** What an id of version 7 says of the time at which it was made. */
const madeAt = (id: string): number => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** The shared record (`core/session`) that a landing brought; empty if it brought none that holds. */
function read({ link, at }: Landing): string {
  const [, time = '', visitor = '', session = '', last = ''] = (link ?? '').split('.');
  const made = parseInt(time, 36);
  const active = parseInt(last, 36);
  const holds = link == sign(made, visitor, session, active) && at >= made && at - made <= LIFE;
  return holds ? [visitor, session, madeAt(session), active, 0, ''].join(' ') : '';
}

/** Whether a host is listed: `shop.example`, or for `*.shop.example` one below it. */
const isListed = (host: string, domains: string[]): boolean =>
  domains.some((domain) => (domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host == domain));

/** Decorates from now on, and gives what the landing brought, as the core's start takes it. */
export function attach(core: Core, options: InitOptions, landing: Landing): string {
  const domains = [options.linkDomains ?? []]
    .flat()
    .flatMap((domain) => `${domain}`.toLowerCase().split(/[\s,]+/))
    .filter(Boolean);
  const wrong = domains.filter((domain) => !/^(\*\.)?[^*/:@?#]+$/.test(domain));
  if (options.debug && wrong.length) console.warn('[waymark] linkDomains: not a host name', ...wrong);

  /** The parameter's value now; empty without consent, or before there is a visitor. */
  const token = (): string => {
    const [record = '', , , , , consent] = core.state().split('\0');
    const [visitor, session, , last] = record.split(' ');
    return consent == 'granted' && visitor && session ? sign(Date.now(), visitor, session, Number(last)) : '';
  };

  /** Where an address leads, if that is a sister site. */
  const sister = (address: string | null): URL | undefined => {
    if (address == null) return;
    const url = new URL(address, document.baseURI);
    const safe = url.protocol == 'https:' || (url.protocol == 'http:' && location.protocol == 'http:');
    return safe && url.hostname != location.hostname && isListed(url.hostname, domains) ? url : undefined;
  };

  /** Puts a decorated address into an attribute, for a moment. */
  const decorate = (element: Element, attribute: string, url: URL, value: string) => {
    const before = element.getAttribute(attribute);
    // Not by `searchParams`, which writes the other parameters anew.
    const others = url.search.slice(1).split('&').filter((part) => part && !part.startsWith(`${NAME}=`));
    url.search = [...others, `${NAME}=${value}`].join('&');
    element.setAttribute(attribute, url.href);
    setTimeout(() => {
      if (element.getAttribute(attribute) != url.href) return;
      if (before == null) element.removeAttribute(attribute);
      else element.setAttribute(attribute, before);
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

  try {
    return read(landing);
  } catch {
    return '';
  }
}
