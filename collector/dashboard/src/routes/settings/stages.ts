/** A definition of stages while it is edited. Pure; whether it may be so the collector says. */
import type { Schemas } from '../../lib/api';

export type Definition = Schemas['StagesDocument'];

export interface Draft {
  stages: { key: string; label: string }[];
  milestones: { name: string; stage: string; event: string }[];
}

export function draftOf(document: Definition): Draft {
  return {
    stages: document.stages.map(({ key, label }) => ({ key, label })),
    milestones: document.milestones.map(({ name, stage, event }) => ({ name, stage: stage ?? '', event: event ?? '' })),
  };
}

export function definitionOf({ stages, milestones }: Draft): Definition {
  return {
    version: 1,
    stages: stages.map(({ key, label }) => ({ key: key.trim(), label: label.trim() })),
    milestones: milestones.map(({ name, stage, event }) => ({
      name: name.trim(),
      ...(stage === '' ? {} : { stage }),
      ...(event.trim() === '' ? {} : { event: event.trim() }),
    })),
  };
}

export function isSame(one: Draft, other: Draft): boolean {
  return JSON.stringify(definitionOf(one)) === JSON.stringify(definitionOf(other));
}

/** The list with one of it a place further up or down; as it was where there is none. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const to = at + by;
  const item = list[at];
  const other = list[to];
  if (item === undefined || other === undefined) return [...list];
  return list.map((one, place) => (place === at ? other : place === to ? item : one));
}

/** A key for a stage from what people call it: `Trying it out` as `trying_it_out`. */
export function keyOf(label: string): string {
  return label
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40);
}

/** What an error's place means: `document/milestones/2/stage` as `The stage of milestone 3`. */
export function sayPlace(field: string): string {
  const [, list, at, member] = /^document\/(stages|milestones)\/(\d+)(?:\/(\w+))?/.exec(field) ?? [];
  if (list === undefined || at === undefined) return field;
  const what = `${list.slice(0, -1)} ${Number(at) + 1}`;
  return member === undefined ? `${what.charAt(0).toUpperCase()}${what.slice(1)}` : `The ${member} of ${what}`;
}
