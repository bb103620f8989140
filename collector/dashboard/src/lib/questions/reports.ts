/** Questions that were kept, as parameters of the API: whether what is asked now is one of them, and the address that asks it. Pure. */
import type { QueryChanges } from '../router/match';
import { readFilter, writeFilter, type Filter } from './filters';

export type Parameters = Record<string, unknown>;

/** Parameters by their names, without those that say nothing, so that two that ask the same are the same text. */
export function writeParameters(parameters: Parameters): string {
  const told = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return JSON.stringify(told.sort(([one], [other]) => (one < other ? -1 : 1)));
}

export const asksTheSame = (one: Parameters, other: Parameters) => writeParameters(one) === writeParameters(other);

/** A parameter that is a text; `null` for what is none. */
export function textOf(parameters: Parameters, name: string): string | null {
  const value = parameters[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** A parameter that is JSON, as a text or as it is; `null` for what cannot be read. */
export function jsonOf(parameters: Parameters, name: string): unknown {
  const value = parameters[name];
  if (typeof value !== 'string') return value ?? null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}

/** What of an address says nothing of a question: whose figures, of which days, and the report itself. */
const ABOUT_ALL = ['site', 'report', 'range', 'from', 'to', 'compare'];

/** Whether an address asks nothing of its own, so that the report it names can say it all. */
export function isBare(query: URLSearchParams): boolean {
  return [...query.keys()].every((name) => ABOUT_ALL.includes(name));
}

/** What every question takes: conditions, a segment, bots. */
export function commonAddress(parameters: Parameters): QueryChanges {
  const filters = jsonOf(parameters, 'filters');
  const held = Array.isArray(filters) ? (filters as Filter[]).map(writeFilter).filter((text) => readFilter(text) !== null) : [];
  return { f: held, segment: textOf(parameters, 'segment'), bots: textOf(parameters, 'bots') };
}

/** Parameters whose name in the address is another one. */
const OTHER_NAMES: Record<string, string> = { conversion: 'for', intervals: 'intervals' };
/** Parameters that an address has as the API has them. */
const SAME_NAMES = ['by', 'sort', 'interval', 'breakdown', 'within', 'threshold', 'lookback', 'half_life', 'models', 'kind', 'status', 'rule', 'q'];

/** The address of a page that has parameters as the API has them. */
export function plainAddress(parameters: Parameters): QueryChanges {
  const changes: QueryChanges = commonAddress(parameters);
  for (const name of SAME_NAMES) changes[name] = textOf(parameters, name);
  for (const [name, other] of Object.entries(OTHER_NAMES)) changes[other] = parameters[name] === true ? 'on' : textOf(parameters, name);
  return changes;
}

/** Days that a report was kept with, for an address that says nothing of days; the dashboard keeps none, and programs may. */
export function daysAddress(parameters: Parameters, query: URLSearchParams): QueryChanges {
  const [from, to] = [textOf(parameters, 'from'), textOf(parameters, 'to')];
  const says = ['range', 'from', 'to'].some((name) => query.has(name));
  return says || from === null || to === null ? {} : { from, to };
}

/** Questions whose pages read and keep reports themselves. */
const KEPT_BY_PAGE = ['funnel', 'paths', 'retention'];
/** Pages that are called otherwise than the question they ask first. */
const PAGES: Record<string, string> = { overview: '/', funnel: '/funnels', conversions: '/attribution', prediction: '/stages', properties: '/events', realtime: '/live' };

export const questionOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
export const isKeptByPage = (path: string) => KEPT_BY_PAGE.includes(questionOf(path));

/** The page that asks what a report asks. */
export function pageOf(path: string): string {
  const question = questionOf(path);
  return PAGES[question] ?? `/${question}`;
}
