/**
 * The guard at every way by which an address gets in: what looks like an e-mail address or a card number in it, or stands
 * under a name that tells it is personal, is replaced by {@link REDACTED}.
 *
 * Owns what is replaced, and the names of parameters, which the site can change. Refuses whatever is no address: other texts
 * are the site's words. What is parked, stored or sent has been through here before.
 */

import type { InitOptions } from './types.js';

const REDACTED = 'redacted';

/** What is an address: a URL, or a path of one. */
const ADDRESS = /^(\w[\w+.-]*:\/)?\/|^mailto:/i;

/** A part of an address: what it begins with, and a text or a name and its value. */
const PART = /([/?#&]|^)([^/?#&=]*)(=[^#&]*)?/g;

/** An ASCII character in percent, however often it was encoded. */
const ENCODED = /%(?:25)*([2-7][\da-f])/gi;

const EMAIL = /\S@[\w.-]+\.[a-z]{2}/i;

/** The digits that cards have, which begin with 2 to 6. Behind a letter or another digit they are part of something else. */
const CARD = /(^|[^\w.-])[2-6]([ -]?\d){12,18}(?!\w)/g;

let redacted: string[] | undefined;
let allowed: string[];

const names = (given: unknown): string[] => `${given}`.toLowerCase().split(/[\s,]+/);

/** Takes over the site's settings. */
export function guard({ redactParams, allowParams }: InitOptions): void {
  redacted = redactParams === false ? undefined : names('email,password,phone,token,access_token,id_token,' + redactParams);
  allowed = names(allowParams);
}

/** Luhn's check, which one in ten numbers that are no card's passes. */
const isCard = (card: string): boolean =>
  !([...card.replace(/\D/g, '')].reverse().reduce((sum, digit, at) => sum + +(at % 2 ? '0246813579'[+digit]! : digit), 0) % 10);

function clean(part: string): string {
  const text = part.replace(/\+/g, ' ').replace(ENCODED, (_, code: string) => String.fromCharCode(+('0x' + code)));
  return EMAIL.test(text) || text.match(CARD)?.some(isCard) ? REDACTED : part;
}

/** `text` without what is personal, if it is an address; anything else as it is. */
export const redact = <T>(text: T): T =>
  redacted && typeof text == 'string' && ADDRESS.test(text)
    ? (text.replace(PART, (_, mark: string, name: string, value = '') => {
        const known = name.toLowerCase();
        if (value[1] && !allowed.includes(known))
          value = '=' + (redacted!.includes(known) ? REDACTED : clean(value.slice(1)));
        return mark + clean(name) + value;
      }) as T & string)
    : text;
