/** Alerts as people write and read them: a form's draft and the API's rule, and both in words. Pure. */
import type { Schemas } from '../../lib/api';
import { count, money, percent, plural, shortCount, shortMoney } from '../../lib/format/value';
import { FIGURES, isFigure } from '../../lib/questions/figures';
import { sayFilter, type Filter } from '../../lib/questions/filters';

export type Alert = Schemas['Alert'];
export type Rule = Schemas['AlertRule'];
export type Look = Schemas['AlertLook'];
export type Figure = Schemas['AlertFigure'];
export type Kind = Schemas['AlertConditionKind'];
export type Window = Schemas['AlertWindow'];
export type Side = Schemas['AlertSide'];
export type Channel = Schemas['AlertChannel'];

/** In the order in which they are offered. */
export const FIGURE_KEYS: readonly Figure[] = [
  'visitors',
  'new_visitors',
  'sessions',
  'page_views',
  'events',
  'items',
  'conversions',
  'conversion_rate',
  'engaged_rate',
  'bounce_rate',
  'orders',
  'revenue',
  'rejected',
];

const OWN: Partial<Record<Figure, { label: string; help: string }>> = {
  items: { label: 'Everything that arrives', help: 'Page views and events together: below 1 is “nothing arrives at all”.' },
  rejected: { label: 'Dropped items', help: 'Items that were dropped and stand in the inbox of data quality.' },
};

export const figureLabel = (figure: Figure) => OWN[figure]?.label ?? (isFigure(figure) ? FIGURES[figure].label : figure);
export const figureHelp = (figure: Figure) => OWN[figure]?.help ?? (isFigure(figure) ? FIGURES[figure].help : '');

export const isRate = (figure: Figure) => figure.endsWith('_rate');
export const takesEvent = (figure: Figure) => figure === 'events' || figure === 'conversions';
/** What was dropped is in no session, so nothing of a session narrows it. */
export const takesConditions = (figure: Figure) => figure !== 'rejected';

export const KIND_LABELS: Record<Kind, string> = { anomaly: 'is unusual', change: 'changes much', above: 'is above', below: 'is below' };
export const WINDOW_LABELS: Record<Window, string> = { hour: 'Hour', day: 'Day', week: 'Week' };
export const SIDE_LABELS: Record<Side, string> = { both: 'More or less', above: 'More only', below: 'Less only' };
export const STATE_LABELS: Record<Schemas['AlertState'], string> = { firing: 'Firing', ok: 'As it should be', unknown: 'Not known yet' };
export const WHY: Record<Schemas['AlertSilence'], string> = {
  not_enough_history: 'there are too few weeks before',
  nothing_before: 'the window before has nothing to compare with',
  no_figure: 'there is no such figure: a rate without sessions, or revenue without a currency',
  no_segment: 'the segment is gone',
};

/** A figure to the last digit, as the API tells it: decimal text. */
export function sayNumber(figure: Figure, text: string | null | undefined, currency: string | null): string {
  if (text == null) return '–';
  const value = Number(text);
  if (figure === 'revenue') return money(text, currency);
  if (isRate(figure)) return percent(value, 1);
  return count(Number.isInteger(value) ? value : Math.round(value * 10) / 10);
}

/** A number of the kind, for an axis. */
export function axisOf(figure: Figure, currency: string | null): (value: number) => string {
  if (figure === 'revenue') return (value) => shortMoney(value, currency);
  return isRate(figure) ? (value) => percent(value) : shortCount;
}

/** What is looked at and when it fires, in a sentence. */
export function sayRule(rule: Rule, currency: string | null): string {
  const { condition, figure } = rule;
  const side = condition.side ?? 'both';
  const what = figureLabel(figure) + (rule.event ? ` of ${rule.event}` : '');
  const bound = sayNumber(figure, condition.value, currency);
  const when: Record<Kind, string> = {
    above: `above ${bound}`,
    below: `below ${bound}`,
    change: `${side === 'both' ? 'changed' : side === 'above' ? 'up' : 'down'} by more than ${condition.percent ?? '–'} % since the ${rule.window} before`,
    anomaly: `${side === 'both' ? 'unusual' : side === 'above' ? 'unusually high' : 'unusually low'} beside ${plural(condition.weeks ?? USUAL.weeks, 'week')} before`,
  };
  const narrowed = [...(rule.segment ? [rule.segment] : []), ...(rule.filters ?? []).map(sayFilter)];
  return `${what} by ${rule.window}, ${when[condition.kind]}${narrowed.length > 0 ? `; ${narrowed.join(', ')}` : ''}`;
}

/** What a look came to, in a sentence. */
export function sayLook(look: Look, figure: Figure, currency: string | null): string {
  if (look.verdict === 'unknown') return `Nothing can be said: ${look.why ? WHY[look.why] : 'it is not known why'}.`;
  const bounds = [
    ...(look.baseline?.low == null ? [] : [`not below ${sayNumber(figure, look.baseline.low, currency)}`]),
    ...(look.baseline?.high == null ? [] : [`not above ${sayNumber(figure, look.baseline.high, currency)}`]),
  ];
  return `${sayNumber(figure, look.figure, currency)}${bounds.length > 0 ? `, expected ${bounds.join(' and ')}` : ''}.`;
}

/** The places at which a rule would have told somebody that it fires. */
export function begins(looks: readonly Look[]): number[] {
  let before = false;
  return looks.flatMap(({ verdict }, place) => {
    // What cannot be said changes nothing.
    if (verdict === 'unknown') return [];
    const begun = verdict === 'firing' && !before;
    before = verdict === 'firing';
    return begun ? [place] : [];
  });
}

/** How often a rule would have told somebody, for how many windows it would have been firing, and of how many nothing is known. */
export function firings(looks: readonly Look[]): { times: number; windows: number; unknown: number } {
  const of = (verdict: Look['verdict']) => looks.filter((look) => look.verdict === verdict).length;
  return { times: begins(looks).length, windows: of('firing'), unknown: of('unknown') };
}

/** What the form holds. Numbers are text, as they were typed. */
export interface Draft {
  name: string;
  figure: Figure;
  event: string;
  window: Window;
  kind: Kind;
  /** Of rates in per cent. */
  value: string;
  percent: string;
  weeks: string;
  spreads: string;
  side: Side;
  segment: string;
  filters: Filter[];
  webhooks: string[];
  emails: string;
}

const USUAL = { weeks: 8, spreads: '3', percent: '50' };

export function draftOf(alert: Alert | null): Draft {
  const rule = alert?.rule;
  const condition = rule?.condition;
  const value = condition?.value ?? '';
  return {
    name: alert?.name ?? '',
    figure: rule?.figure ?? 'visitors',
    event: rule?.event ?? '',
    window: rule?.window ?? 'day',
    kind: condition?.kind ?? 'anomaly',
    value: rule && isRate(rule.figure) && value !== '' ? shifted(value, 100) : value,
    percent: condition?.percent ?? USUAL.percent,
    weeks: String(condition?.weeks ?? USUAL.weeks),
    spreads: condition?.spreads ?? USUAL.spreads,
    side: condition?.side ?? 'both',
    segment: rule?.segment ?? '',
    filters: (rule?.filters ?? []) as Filter[],
    webhooks: (alert?.channels ?? []).flatMap((channel) => (channel.kind === 'webhook' ? [channel.destination] : [])),
    emails: (alert?.channels ?? []).flatMap((channel) => (channel.kind === 'email' ? [channel.to] : [])).join(', '),
  };
}

/** Whether what the condition takes has been typed. */
export function isComplete(draft: Draft): boolean {
  const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));
  if (draft.kind === 'above' || draft.kind === 'below') return isNumber(draft.value);
  return draft.kind === 'change' ? isNumber(draft.percent) : isNumber(draft.weeks) && isNumber(draft.spreads);
}

export function ruleOf(draft: Draft): Rule {
  const { figure, kind } = draft;
  const condition: Schemas['AlertCondition'] = { kind };
  if (kind === 'above' || kind === 'below') condition.value = isRate(figure) ? shifted(draft.value, 0.01) : draft.value.trim();
  if (kind === 'change') condition.percent = draft.percent.trim();
  if (kind === 'anomaly') {
    condition.weeks = Number(draft.weeks);
    condition.spreads = draft.spreads.trim();
  }
  if (kind === 'change' || kind === 'anomaly') condition.side = draft.side;
  const narrows = takesConditions(figure);
  return {
    figure,
    window: draft.window,
    condition,
    ...(takesEvent(figure) && draft.event.trim() !== '' ? { event: draft.event.trim() } : {}),
    ...(narrows && draft.segment !== '' ? { segment: draft.segment } : {}),
    ...(narrows && draft.filters.length > 0 ? { filters: draft.filters } : {}),
  };
}

export function channelsOf(draft: Draft): Channel[] {
  const addresses = draft.emails.split(/[\s,;]+/).filter((text) => text !== '');
  return [
    ...draft.webhooks.map((destination) => ({ kind: 'webhook' as const, destination })),
    ...addresses.map((to) => ({ kind: 'email' as const, to })),
  ];
}

/** A number times a power of ten, without the rests of binary fractions. */
function shifted(text: string, by: number): string {
  return String(Number((Number(text) * by).toPrecision(12)));
}
