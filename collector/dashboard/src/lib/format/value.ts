/** Numbers, money, URLs and properties as short text. Each takes what the API gives and never throws on odd data. */
import { numberFormat } from './formats';
import type { Json } from '../api/types';

export function count(value: number): string {
  return numberFormat().format(value);
}

/** `1 session`, `2 sessions`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** An amount in its currency; a currency that is not one is written behind the number. */
export function money(value: string | number, currency: string | null): string {
  if (value === '' || !Number.isFinite(Number(value))) return [String(value), currency].filter(Boolean).join(' ');
  // A text goes in as it is: browsers of today format all of its digits, where a number has fifteen.
  const amount = value as number | `${number}`;
  if (currency !== null && /^[A-Za-z]{3}$/.test(currency)) {
    return numberFormat({ style: 'currency', currency }).format(amount);
  }
  const text = numberFormat({ maximumFractionDigits: 4 }).format(amount);
  return currency ? `${text} ${currency}` : text;
}

/** A count in few signs: `940`, `99,431`, `124.5k`, `1.3M`. */
export function shortCount(value: number): string {
  if (Math.abs(value) < 100_000) return count(value);
  return numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(value).replace('K', 'k');
}

/** An amount in few signs: `€940`, `€12,431`, `€124.5k`. */
export function shortMoney(value: string | number, currency: string | null): string {
  const amount = Number(value);
  if (!Number.isFinite(amount)) return money(value, currency);
  const shown: Intl.NumberFormatOptions =
    Math.abs(amount) < 100_000 ? { maximumFractionDigits: 0 } : { notation: 'compact', maximumFractionDigits: 1 };
  if (currency === null || !/^[A-Za-z]{3}$/.test(currency)) return numberFormat(shown).format(amount);
  return numberFormat({ ...shown, style: 'currency', currency }).format(amount).replace('K', 'k');
}

/** A part of one: `0.4 %`, `12.3 %`, `87 %`; exact with `digits` behind the point. */
export function percent(rate: number, digits?: number): string {
  const usual = Math.abs(rate) < 0.2 && rate !== 0 ? 1 : 0;
  const shown = numberFormat({ minimumFractionDigits: digits ?? 0, maximumFractionDigits: digits ?? usual });
  return `${shown.format(rate * 100)} %`;
}

/** How much more or less than before, as a part of before; `null` where there was nothing to compare with. */
export function change(now: number | null, before: number | null): number | null {
  if (now === null || before === null || before === 0) return null;
  return (now - before) / Math.abs(before);
}

/** The path of a URL with its query left out, which is where campaign parameters sit; the input if it is no URL. */
export function path(url: string): string {
  if (!URL.canParse(url)) return url;
  const { pathname, hash } = new URL(url);
  return decode(pathname) + (hash.startsWith('#/') ? hash : '');
}

/** The host of a URL without `www.`; the input if it is no URL. */
export function host(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, '') || url : url;
}

/** The address to link to, if following it is safe: a tracked page can send any text as its URL. */
export function webAddress(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  return /^https?:$/.test(new URL(url).protocol) ? url : null;
}

/** `signup_completed` and `signup-completed` as `Signup completed`; what already has spaces or capitals stays. */
export function humanize(name: string): string {
  if (/[A-Z\s]/.test(name)) return name;
  const words = name.replace(/[_-]+/g, ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** One property's value on one line, cut at `max` characters. */
export function propValue(value: Json, max = 80): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

/** A country's English name from its two-letter code; the input where it is none. */
export function country(code: string): string {
  if (!/^[A-Za-z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' }).of(code.toUpperCase()) ?? code;
}

function decode(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
