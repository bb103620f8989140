/**
 * The chunk for what a page's cookies do not say plainly about Google Analytics: which of them are the site's own, where
 * they have a prefix or there are several streams; what a link brought (`_gl`) before the cookie is written; and what
 * gtag.js answers where no cookie can be read.
 *
 * Everything comes out as the text of cookies, which the core reads and checks (`core/ga4`): a cookie that is there wins,
 * because what stands in for one says that it is from deeper below than any domain. Refuses to write cookies, and any
 * value that is not made as gtag.js makes it: a wrong id is worse than none.
 */

import type { Core } from './engine.js';
import type { Landing } from './stub.js';
import type { InitOptions } from './types.js';

/** `Ask::Cookies` in `browser/host.rs`. */
const COOKIES = 2;

/** Depths that no domain has; cookies of the least depth count. */
const LINKED = 998;
const ANSWERED = 999;

/** How long an answer of gtag.js is waited for, in milliseconds. It may never come. */
const PATIENCE = 5_000;

type Gtag = (command: 'get', id: string, field: string, then: (value: unknown) => void) => void;

/** CRC-32, as gtag.js checks its links by. */
function crc32(text: string): number {
  let sum = -1;
  for (let at = 0; at < text.length; at++) {
    sum ^= text.charCodeAt(at) & 255;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}

/**
 * The cookies that a link of another domain brought: `_gl=1*<check>*<name>*<base64>*…`. The check is made of the browser,
 * the minute and the values, so a link that was kept or passed on is refused, as gtag.js refuses it.
 */
function linked({ url, at }: Landing): string[] {
  const [version, check, ...pairs] = (new URL(url).searchParams.get('_gl') ?? '').split('*');
  const fits = (minutes: number) =>
    crc32(
      [
        navigator.userAgent,
        new Date().getTimezoneOffset(),
        navigator.language,
        Math.floor(at / 60_000) - minutes,
        ...pairs,
      ].join('*'),
    ).toString(36) == check;
  if (version != '1' || ![0, 1, 2].some(fits)) return [];
  const cookies: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const name = pairs[i] as string;
    const value = atob((pairs[i + 1] as string).replace(/\./g, '').replace(/-/g, '+').replace(/_/g, '/'));
    // Anything else could be taken for several cookies.
    if (!/^[\w.$-]+$/.test(value) || /[;=\s]/.test(name)) continue;
    if (name.endsWith('_ga')) cookies.push(`${name}=GA1.${LINKED}.${value}`);
    else cookies.push(`${name}=GS${value[0] == 's' ? 2 : 1}.1.${value}`);
  }
  return cookies;
}

/** Has the core read the page's cookies through this from now on. */
export function attach(core: Core, options: InitOptions, landing: Landing): void {
  const prefix = `${options.gaCookiePrefix ?? ''}`;
  const stream = /^G-(\w+)$/.exec(`${options.gaMeasurementId}`)?.[1];
  let brought: string[] = [];
  try {
    brought = linked(landing);
  } catch {
    // No base64, or no URL: nothing was brought.
  }
  const answers: Record<string, string> = {};
  let patience = 0;

  /** The cookie under its usual name, if it is not another set-up's. */
  const own = (cookie: string): string[] => {
    const name = cookie.split('=', 1)[0] as string;
    if (!name.startsWith(`${prefix}_ga`)) return /^_ga(_|$)/.test(name) ? [] : [cookie];
    const usual = name.slice(prefix.length);
    if (stream && usual.startsWith('_ga_') && usual != `_ga_${stream}`) return [];
    return [cookie.slice(prefix.length)];
  };

  /** Asks gtag.js, if there is one, unless it has been asked already and may still answer. */
  const ask = (of: string | undefined) => {
    const { gtag } = window as { gtag?: Gtag };
    const now = performance.now();
    if (!of || typeof gtag != 'function' || now < patience) return;
    const until = (patience = now + PATIENCE);
    const get = (field: string, form: RegExp, cookie: string) =>
      gtag('get', `G-${of}`, field, (value) => {
        if (performance.now() < until && form.test(`${value}`)) answers[field] = `${cookie}${value}`;
      });
    get('client_id', /^\d+\.\d+$/, `_ga=GA1.${ANSWERED}.`);
    get('session_id', /^\d+$/, `_ga_${of}=GS1.1.`);
  };

  core.answers[COOKIES] = () => {
    const cookies = document.cookie;
    try {
      const all = [...cookies.split(/; */), ...brought].flatMap(own);
      if (!all.some((cookie) => cookie.startsWith('_ga='))) {
        ask(stream ?? all.map((cookie) => /^_ga_(\w+)=/.exec(cookie)?.[1]).find(Boolean));
      }
      return [[...all, ...Object.values(answers)].join('; ')];
    } catch {
      // A page that put something else in place of gtag.
      return [cookies];
    }
  };
}
