import { describe, expect, it } from 'vitest';
import { drawnNames, filtersOf, type EventRow } from './measures';

const row = (name: string | null, kind: string) => ({ name, kind }) as EventRow;
const rows = [row('a', 'event'), row('signup_at', 'milestone'), row(null, 'event'), ...['b', 'c', 'd', 'e', 'f'].map((name) => row(name, 'event'))];

describe('names that are drawn', () => {
  it('are the most frequent, as many as can be told apart', () => {
    expect(drawnNames(rows, null, 'count')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('have milestones where visitors are counted', () => {
    expect(drawnNames(rows, null, 'visitors')).toEqual(['a', 'signup_at', 'b', 'c', 'd']);
  });

  it('are the chosen one alone, though it is not among the rows', () => {
    expect(drawnNames(rows, 'z', 'count')).toEqual(['z']);
  });
});

it('conditions on events make way for the one that is drawn', () => {
  const held = [
    { dimension: 'source', op: 'is', values: ['google'] },
    { dimension: 'event', op: 'is', values: ['a', 'b'] },
  ] as const;
  expect(JSON.parse(filtersOf(held.map((one) => ({ ...one, values: [...one.values] })), 'a'))).toEqual([
    { dimension: 'source', op: 'is', values: ['google'] },
    { dimension: 'event', op: 'is', values: ['a'] },
  ]);
});
