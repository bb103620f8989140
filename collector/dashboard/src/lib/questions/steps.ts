/**
 * Things that somebody may have done: a page that was seen, an event, a milestone. As the address has them
 * (`page:/pricing`, `event.contains:trial|as:Any trial|if:country.is.DE`), as the API takes them, and as people read them. Pure.
 */
import { OP_LABELS, OPS, readFilter, writeFilter, type Filter, type Op } from './filters';

export const STEP_KINDS = ['page', 'event', 'milestone'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export const STEP_KIND_LABELS: Record<StepKind, string> = { page: 'Page', event: 'Event', milestone: 'Milestone' };
export const STEP_KIND_PLURALS: Record<StepKind, string> = { page: 'Pages', event: 'Events', milestone: 'Milestones' };

export interface Step {
  kind: StepKind;
  op: Op;
  /** The path or name, or what it is compared with. */
  text: string;
  /** What it is called, where that is something else. */
  name: string | null;
  filters: readonly Filter[];
}

/** Every page there is: no path is without a slash. */
export const ANY_PAGE: Step = { kind: 'page', op: 'contains', text: '/', name: 'Any page', filters: [] };

export function exactly(kind: StepKind, text: string): Step {
  return { kind, op: 'is', text, name: null, filters: [] };
}

export function isStepKind(text: string): text is StepKind {
  return STEP_KINDS.some((kind) => kind === text);
}

export function writeStep({ kind, op, text, name, filters }: Step): string {
  const parts = [
    `${op === 'is' ? kind : `${kind}.${op}`}:${text}`,
    ...(name === null ? [] : [`as:${name}`]),
    ...filters.map((filter) => `if:${writeFilter(filter)}`),
  ];
  return parts.map(escape).join('|');
}

/** Reads what {@link writeStep} wrote; `null` where it is none. */
export function readStep(written: string): Step | null {
  const [head = '', ...rest] = written.split('|').map(unescape);
  const colon = head.indexOf(':');
  if (colon === -1) return null;
  const [kind = '', op = 'is', ...more] = head.slice(0, colon).split('.');
  const text = head.slice(colon + 1);
  if (!isStepKind(kind) || !isOp(op) || more.length > 0 || text === '') return null;
  const names = rest.filter((part) => part.startsWith('as:')).map((part) => part.slice(3));
  const filters = rest.filter((part) => part.startsWith('if:')).flatMap((part) => readFilter(part.slice(3)) ?? []);
  return { kind, op, text, name: names[0] || null, filters };
}

/** A step as the API takes it. */
export function forApi({ kind, op, text, name, filters }: Step): Record<string, unknown> {
  return { [kind]: text, ...(op === 'is' ? {} : { op }), ...(name === null ? {} : { name }), ...(filters.length === 0 ? {} : { filters }) };
}

/** A step that was kept for the API; `null` where it is none that can be shown. */
export function fromApi(kept: unknown): Step | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const fields = kept as Record<string, unknown>;
  const kind = STEP_KINDS.find((one) => typeof fields[one] === 'string');
  const op = fields['op'] ?? 'is';
  if (kind === undefined || typeof op !== 'string' || !isOp(op)) return null;
  const filters = Array.isArray(fields['filters']) ? (fields['filters'] as Filter[]) : [];
  const name = typeof fields['name'] === 'string' && fields['name'] !== '' ? fields['name'] : null;
  return { kind, op, text: fields[kind] as string, name, filters };
}

/** `/pricing`, `contains /docs`, or what it is called. */
export function sayStep({ op, text, name }: Step): string {
  return name ?? (op === 'is' ? text : `${OP_LABELS[op]} ${text}`);
}

/** `event:NAME` and its like, by which cohorts and returns are asked for; `null` where the step has more to say than a name. */
export function asWord(step: Step): string | null {
  return step.op === 'is' && step.filters.length === 0 ? `${step.kind}:${step.text}` : null;
}

/** Reads what {@link asWord} wrote. */
export function fromWord(word: string | null): Step | null {
  const [kind = '', ...rest] = (word ?? '').split(':');
  const text = rest.join(':');
  return isStepKind(kind) && text !== '' ? exactly(kind, text) : null;
}

const isOp = (text: string): text is Op => OPS.some((op) => op === text);
const escape = (text: string) => text.replace(/[%|]/g, (sign) => (sign === '%' ? '%25' : '%7C'));
const unescape = (text: string) => text.replace(/%(25|7C)/g, (_, code: string) => (code === '25' ? '%' : '|'));
