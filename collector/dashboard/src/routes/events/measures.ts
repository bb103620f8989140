/** By what events of a name are counted over time, and which names are drawn together. Pure. */
import type { Schemas } from '../../lib/api';
import type { Filter } from '../../lib/questions/filters';
import type { Figures } from '../../lib/questions/figures';

export type EventRow = Schemas['EventNameRow'];

export const MEASURES = ['count', 'visitors'] as const;
export type Measure = (typeof MEASURES)[number];
export const MEASURE_LABELS: Record<Measure, string> = { count: 'How often', visitors: 'Visitors' };

/** As many lines as can be told apart. */
export const MOST_LINES = 5;

/** The names that lines are of: the chosen one, or the most frequent. Milestones are no items of their name, so they have visitors alone. */
export function drawnNames(rows: readonly EventRow[], chosen: string | null, measure: Measure): string[] {
  if (chosen !== null) return [chosen];
  return rows
    .filter((row) => row.name != null && (measure === 'visitors' || row.kind === 'event'))
    .slice(0, MOST_LINES)
    .map((row) => row.name as string);
}

/** Conditions by which the overview is of one event: those that hold, with this in the place of others on events. */
export function filtersOf(filters: readonly Filter[], name: string): string {
  return JSON.stringify([...filters.filter((one) => one.dimension !== 'event'), { dimension: 'event', op: 'is', values: [name] }]);
}

export function valueOf(measure: Measure, figures: Figures): number {
  return measure === 'count' ? figures.events : figures.visitors;
}
