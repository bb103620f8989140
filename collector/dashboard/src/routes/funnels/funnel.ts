/** A funnel as the address has it and as the API takes it, and what its rows say together. Pure. */
import type { Schemas } from '../../lib/api';
import { DIMENSION_LABELS, isDimension, sayValue, type Dimension } from '../../lib/questions/dimensions';
import { jsonOf, textOf, type Parameters } from '../../lib/questions/reports';
import { ANY_PAGE, exactly, forApi, fromApi, readStep, writeStep, type Step } from '../../lib/questions/steps';
import type { QueryChanges } from '../../lib/router/match';

export type Row = Schemas['FunnelRow'];

export const MOST_STEPS = 20;
export const USUAL_WINDOW = '7d';
export const WINDOWS: Record<string, string> = { '30m': '30 minutes', '1h': '1 hour', '24h': '24 hours', '7d': '7 days', '14d': '14 days', '30d': '30 days', '90d': '90 days' };
export const ORDERS = { loose: 'Anything', strict: 'No later step' } as const;
export const COUNTED = { person: 'People', visitor: 'Browsers' } as const;

/** By what an answer is broken down: what is known of a session or a visitor when it begins. */
export const BREAKDOWNS: readonly Dimension[] = ['channel', 'source', 'medium', 'campaign', 'device', 'browser', 'os', 'country', 'language', 'entry_page', 'first_channel', 'first_source', 'first_campaign'];

export interface Funnel {
  steps: Step[];
  window: string;
  order: keyof typeof ORDERS;
  by: keyof typeof COUNTED;
  breakdown: Dimension | null;
}

export function readFunnel(query: URLSearchParams): Funnel {
  const window = query.get('window') ?? '';
  const breakdown = query.get('breakdown') ?? '';
  return {
    steps: query.getAll('s').flatMap((text) => readStep(text) ?? []).slice(0, MOST_STEPS),
    window: /^[1-9]\d{0,4}[smhd]$/.test(window) ? window : USUAL_WINDOW,
    order: query.get('order') === 'strict' ? 'strict' : 'loose',
    by: query.get('by') === 'visitor' ? 'visitor' : 'person',
    breakdown: isDimension(breakdown) ? breakdown : null,
  };
}

export function writeFunnel({ steps, window, order, by, breakdown }: Funnel): QueryChanges {
  return {
    s: steps.map(writeStep),
    window: window === USUAL_WINDOW ? null : window,
    order: order === 'loose' ? null : order,
    by: by === 'person' ? null : by,
    breakdown,
  };
}

/** What the API is asked with; `null` where there are too few steps. */
export function parametersOf({ steps, window, order, by, breakdown }: Funnel) {
  if (steps.length < 2) return null;
  return {
    steps: JSON.stringify(steps.map(forApi)),
    ...(window === USUAL_WINDOW ? {} : { window }),
    ...(order === 'loose' ? {} : { order }),
    ...(by === 'person' ? {} : { by }),
    ...(breakdown === null ? {} : { breakdown }),
  };
}

/** The address of a funnel that was kept. */
export function addressOf(parameters: Parameters): QueryChanges {
  const steps = jsonOf(parameters, 'steps');
  const kept = new URLSearchParams();
  for (const name of ['window', 'order', 'by', 'breakdown']) kept.set(name, textOf(parameters, name) ?? '');
  const funnel = readFunnel(kept);
  return { ...writeFunnel({ ...funnel, steps: Array.isArray(steps) ? steps.flatMap((one) => fromApi(one) ?? []) : [] }), who: null };
}

/** `45 minutes` for a window that is none of those on offer. */
export function sayWindow(window: string): string {
  const units: Record<string, string> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' };
  return WINDOWS[window] ?? `${window.slice(0, -1)} ${units[window.slice(-1)] ?? ''}`;
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** From when on those who began may still go on; `null` where that is over for all of them. */
export function goesOnFrom(window: string, range: { end: number }, asOf: number): number | null {
  const from = asOf - Number.parseInt(window, 10) * (UNITS[window.slice(-1)] ?? 0);
  return from < range.end ? from : null;
}

/** Those who began alike, with their steps in order. */
export interface Group {
  key: string;
  label: string;
  value: string | null;
  kind: Row['group'];
  steps: Row[];
}

export function groupsOf(rows: readonly Row[], breakdown: Dimension | null): { all: Row[]; groups: Group[] } {
  const all: Row[] = [];
  const groups: Group[] = [];
  for (const row of rows) {
    if (row.group === 'all') {
      all.push(row);
      continue;
    }
    const value = row.value ?? null;
    const key = row.group === 'others' ? 'others' : `=${value ?? '\u0000'}`;
    let group = groups.at(-1);
    if (group === undefined || group.key !== key) {
      const label = row.group === 'others' ? 'All others' : breakdown === null ? (value ?? 'Unknown') : sayValue(breakdown, value);
      group = { key, label, value, kind: row.group, steps: [] };
      groups.push(group);
    }
    group.steps.push(row);
  }
  return { all, groups };
}

export interface Loss {
  /** The step that was not made. */
  step: Row;
  before: Row;
  dropped: number;
  /**
   * How many more would have made the last step, had those who were lost here gone on like those who were not. `null` where
   * nobody made this step, so that it is not known how they would have.
   */
  cost: number | null;
}

export function lossesOf(steps: readonly Row[]): Loss[] {
  const last = steps.at(-1);
  return steps.flatMap((step, at): Loss[] => {
    const before = steps[at - 1];
    if (before === undefined || last === undefined) return [];
    const dropped = before.people - step.people;
    return [{ step, before, dropped, cost: step.people === 0 ? null : (dropped * last.people) / step.people }];
  });
}

/** The loss that costs most, and of equal ones the first; `null` where nobody was lost. */
export function greatestLoss(steps: readonly Row[]): Loss | null {
  let greatest: Loss | null = null;
  for (const loss of lossesOf(steps)) {
    const weight = loss.cost ?? loss.dropped;
    if (loss.dropped > 0 && (greatest === null || weight > (greatest.cost ?? greatest.dropped))) greatest = loss;
  }
  return greatest;
}

/** Who is shown: `2.dropped`, of the second step those who did not make it. */
export interface Who {
  step: number;
  outcome: Schemas['FunnelOutcome'];
}

export function readWho(text: string | null, steps: number): Who | null {
  const [, step = '', outcome = ''] = /^(\d{1,2})\.(reached|dropped)$/.exec(text ?? '') ?? [];
  const at = Number(step);
  if (outcome !== 'reached' && outcome !== 'dropped') return null;
  return at >= (outcome === 'dropped' ? 2 : 1) && at <= steps ? { step: at, outcome } : null;
}

export interface Suggestion {
  label: string;
  text: string;
  steps: Step[];
}

/** Funnels that the site's own milestones, events and pages suggest, each of things that happened. */
export function suggestions(milestones: readonly { name: string; stage?: string | null }[], happened: readonly { kind: string; name: string }[], pages: readonly string[]): Suggestion[] {
  const has = (kind: string, name: string) => happened.some((one) => one.kind === kind && one.name === name);
  const reached = milestones.filter(({ name }) => has('milestone', name) || has('event', name));
  const found: Suggestion[] = [];
  const signUp = reached.find(({ name }) => /sign_?up|regist/i.test(name)) ?? reached[0];
  const began = happened.find(({ kind, name }) => kind === 'event' && /(sign_?up|regist|trial|checkout|form).*(start|begin|began|open)/i.test(name));
  const page = pages.find((path) => /pric|plan/i.test(path)) ?? pages.find((path) => path !== '/');
  if (signUp !== undefined) {
    const steps = [ANY_PAGE, ...(page === undefined ? [] : [exactly('page', page)]), ...(began === undefined ? [] : [exactly('event', began.name)]), exactly('milestone', signUp.name)];
    found.push({ label: 'Where sign-ups drop out', text: 'From the first page to the first milestone', steps });
  }
  if (reached.length > 1) {
    found.push({ label: 'From milestone to milestone', text: 'Everything that the site calls a milestone, in its order', steps: [ANY_PAGE, ...reached.slice(0, MOST_STEPS - 1).map(({ name }) => exactly('milestone', name))] });
  }
  const event = happened.find(({ kind }) => kind === 'event');
  if (found.length === 0 && event !== undefined) {
    found.push({ label: 'From a page to an event', text: 'Who does what most do', steps: [ANY_PAGE, ...(page === undefined ? [] : [exactly('page', page)]), exactly('event', event.name)] });
  }
  return found;
}

export const sayBreakdown = (breakdown: Dimension | null) => (breakdown === null ? 'Nothing' : DIMENSION_LABELS[breakdown]);
