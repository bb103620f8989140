/** What the answers about stages and chances come to, in words and in order. Pure. */
import type { Schemas } from '../../lib/api';
import { duration } from '../../lib/format/time';
import { humanize } from '../../lib/format/value';

export type StageRow = Schemas['StageRow'];
export type StageTime = Schemas['StageTime'];

export const WITHIN = ['1d', '3d', '7d', '14d', '30d'] as const;
export const USUAL_WITHIN = '7d';
export const THRESHOLDS = ['0.2', '0.3', '0.4', '0.5'] as const;
export const USUAL_THRESHOLD = '0.3';

export function sayWithin(within: string): string {
  const days = Number.parseInt(within, 10);
  return days === 1 ? '1 day' : `${days} days`;
}

/** `up to 1 h`, `1 h to 1 d`, `over 90 d`, of the bounds above which a bucket lies and below which. */
export function sayBucket(from: number | null, below: number | null): string {
  if (below === null) return from === null ? 'any time' : `over ${duration(from)}`;
  return from === null || from === 0 ? `up to ${duration(below)}` : `${duration(from)} – ${duration(below)}`;
}

export interface Buckets {
  names: string[];
  /** Of each stage how many were in it for so long, in the order of the buckets. */
  people: { stage: string; counts: number[] }[];
}

/** The times in stages by bucket; stages that nobody has left are left out, and so are the buckets at the end in which there is nobody. */
export function bucketsOf(times: readonly StageTime[]): Buckets {
  const byStage = new Map<string, StageTime[]>();
  for (const time of times) byStage.set(time.stage, [...(byStage.get(time.stage) ?? []), time]);
  const left = [...byStage].filter(([, list]) => list.some((one) => one.people > 0));
  const bounds = left[0]?.[1].map((one) => one.below_ms ?? null) ?? [];
  const last = Math.max(-1, ...left.map(([, list]) => list.findLastIndex((one) => one.people > 0)));
  return {
    names: bounds.slice(0, last + 1).map((below, at) => sayBucket(bounds[at - 1] ?? null, below)),
    people: left.map(([stage, list]) => ({ stage, counts: list.slice(0, last + 1).map((one) => one.people) })),
  };
}

/** The rows of all, in the stages' order. */
export const rowsOfAll = (rows: readonly StageRow[]) => rows.filter((row) => row.group === 'all');

/** Whom a row is of. */
export function sayGroup(row: Pick<StageRow, 'group' | 'value'>): string {
  if (row.group === 'all') return 'All';
  if (row.group === 'others') return 'All others';
  return row.value ?? 'Unknown';
}

const REASONS: Record<string, string> = {
  history_too_short: 'There is too little history yet; about ten weeks are needed.',
  too_few_journeys: 'Under 200 journeys are too few to learn from.',
  too_few_went_on: 'Too few went on to the next stage to learn from.',
  no_better_than_the_base_rate: 'What was learned foretold no better than the stage’s own rate.',
  nothing_learned: 'Nothing could be learned.',
  last_stage: 'This is the last stage.',
  not_seen_lately: 'Not seen for 90 days.',
  nobody_known: 'Nothing is known to go by.',
};

/** Why no chance is shown. */
export const sayReason = (reason: string) => REASONS[reason] ?? humanize(reason);

/** Lately seen journeys are compared with each other alone. */
export const RECENCY_LABELS: Record<Schemas['PredictionRecency'], string> = {
  week: 'seen within a week',
  month: 'seen within a month',
  longer: 'seen longer ago',
};
