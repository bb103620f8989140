/** Formats of numbers and dates, each made once: making one costs as much as using it hundreds of times. */

/** The interface is in English, whatever the browser's language. */
const LOCALE = 'en-GB';

const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

export function numberFormat(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  return held(numbers, options, () => new Intl.NumberFormat(LOCALE, options));
}

export function dateFormat(options: Intl.DateTimeFormatOptions, locale: string = LOCALE): Intl.DateTimeFormat {
  return held(dates, { ...options, locale }, () => new Intl.DateTimeFormat(locale, options));
}

function held<F>(all: Map<string, F>, options: object, make: () => F): F {
  const key = JSON.stringify(options);
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  return made;
}
