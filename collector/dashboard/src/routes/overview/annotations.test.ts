import { expect, it } from 'vitest';
import { dayOf, marksOf, type Annotation } from './annotations';

const note = (text: string, where: { day?: string; at?: number }) => ({ text, ...where }) as Annotation;
const at = (text: string) => Date.parse(text);

it('stand at their day, several of one together', () => {
  const starts = ['2026-11-08T23:00Z', '2026-11-09T23:00Z', '2026-11-10T23:00Z'].map(at);
  const marks = marksOf([note('b', { day: '2026-11-11' }), note('a', { day: '2026-11-10' }), note('c', { at: at('2026-11-11T12:00Z') })], starts, 'Europe/Berlin');
  expect(marks).toEqual([{ place: 1, texts: ['a'] }, { place: 2, texts: ['b', 'c'] }]);
});

it('stand in the week that they are in, and at the first hour of their day', () => {
  expect(marksOf([note('a', { day: '2026-11-12' })], ['2026-11-02T00:00Z', '2026-11-09T00:00Z', '2026-11-16T00:00Z'].map(at), 'UTC')).toEqual([{ place: 1, texts: ['a'] }]);
  expect(marksOf([note('a', { day: '2026-11-12' })], ['2026-11-12T00:00Z', '2026-11-12T01:00Z'].map(at), 'UTC')).toEqual([{ place: 0, texts: ['a'] }]);
});

it('have no place before the first stretch', () => {
  expect(marksOf([note('a', { day: '2026-10-01' })], [at('2026-11-02T00:00Z')], 'UTC')).toEqual([]);
});

it('are of the day that it is where the site is', () => {
  expect(dayOf({ at: at('2026-11-11T23:30Z') }, 'Europe/Berlin')).toBe('2026-11-12');
});
