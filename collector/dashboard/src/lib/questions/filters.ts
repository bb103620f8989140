/** Conditions as the address has them, `source.is.google,bing`, and as people read them. Pure. */
import type { Schemas } from '../api';
import { isField, sayField, sayValue, type Field } from './dimensions';

/** The API's, whose field is any text. */
export type Filter = Schemas['Filter'] & { dimension: Field };
export type Op = Schemas['Op'];

export const OP_LABELS: Record<Op, string> = {
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  not_contains: 'does not contain',
  matches: 'matches',
  not_matches: 'does not match',
};
export const OPS = Object.keys(OP_LABELS) as Op[];

/** Whether values are chosen from those that there are. */
export const isExact = (op: Op) => op === 'is' || op === 'is_not';

/** What is not known; no value that is written has it, since `~` is escaped. */
const UNKNOWN = '~';

/** Reads what {@link writeFilter} wrote; `null` where it is none. */
export function readFilter(text: string): Filter | null {
  const [field = '', op = '', ...rest] = text.split('.');
  const dimension = field.replace(/%(25|2E)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  if (!isField(dimension) || !OPS.includes(op as Op)) return null;
  const values = rest.join('.').split(',').map((value) => (value === UNKNOWN ? null : unescape(value)));
  if (values.length === 0 || values.includes('')) return null;
  return { dimension, op: op as Op, values };
}

export function writeFilter({ dimension, op, values }: Filter): string {
  // A property's name may have the sign that parts are told apart by.
  const field = dimension.replace(/[%.]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${field}.${op}.${values.map((value) => (value === null ? UNKNOWN : escape(value))).join(',')}`;
}

const escape = (value: string) => value.replace(/[%,~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const unescape = (value: string) => value.replace(/%(25|2C|7E)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** `Source is google or bing`; of a field that is not known here, its own name. */
export function sayFilter({ dimension, op, values }: Schemas['Filter']): string {
  const said = values.map((value) => sayValue(dimension, value));
  const joined = said.length > 3 ? `${said.slice(0, 2).join(', ')} or ${said.length - 2} more` : said.join(' or ');
  return `${sayField(dimension)} ${OP_LABELS[op]} ${joined}`;
}

/** The conditions with one more, which takes the place of another on the same dimension in the same way. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  const same = filters.findIndex((one) => one.dimension === added.dimension && one.op === added.op);
  return same === -1 ? [...filters, added] : filters.map((one, at) => (at === same ? added : one));
}

/** The condition that a click on a row's value means. */
export function isValue(dimension: Field, value: string | null): Filter {
  return { dimension, op: 'is', values: [value] };
}
