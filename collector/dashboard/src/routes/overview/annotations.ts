/** Where annotations stand on an axis of stretches. Pure. */
import type { Schemas } from '../../lib/api';
import type { Mark } from '../../lib/charts/series';
import { dayIn } from '../../lib/questions/range';

export type Annotation = Schemas['Annotation'];

/** The day that an annotation is of, where the site is. */
export function dayOf({ day, at }: Pick<Annotation, 'day' | 'at'>, zone: string | undefined): string {
  return day ?? dayIn(at ?? 0, zone);
}

/** Marks by place, in their order; an annotation before the first stretch has none. */
export function marksOf(annotations: readonly Annotation[], starts: readonly number[], zone: string): Mark[] {
  const days = starts.map((start) => dayIn(start, zone));
  const by = new Map<number, string[]>();
  for (const one of annotations) {
    const { at } = one;
    const day = dayOf(one, zone);
    // Of hours, the day's first; of weeks and months, the one that the day is in.
    const place = at == null ? (days.includes(day) ? days.indexOf(day) : days.findLastIndex((first) => first <= day)) : starts.findLastIndex((start) => start <= at);
    if (place >= 0) by.set(place, [...(by.get(place) ?? []), one.text]);
  }
  return [...by].map(([place, texts]) => ({ place, texts })).sort((one, other) => one.place - other.place);
}
