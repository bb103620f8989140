import { describe, expect, it } from 'vitest';
import { axisLabel, fullLabel, intervalOf, intervalsFor } from './stretches';

const HOUR = 3_600_000;
const at = Date.UTC(2026, 9, 24, 22);
const range = { begin: at, end: at + 24 * HOUR };

describe('stretches of time', () => {
  it('are told apart by how far apart they begin, also where clocks change', () => {
    expect(intervalOf([at, at + HOUR], range)).toBe('hour');
    expect(intervalOf([at, at + 25 * HOUR], range)).toBe('day');
    expect(intervalOf([at, at + 23 * HOUR], range)).toBe('day');
    expect(intervalOf([at, at + (7 * 24 + 1) * HOUR], range)).toBe('week');
    expect(intervalOf([at, at + 28 * 24 * HOUR], range)).toBe('month');
    expect(intervalOf([at], range)).toBe('day');
  });

  it('are in the site’s zone', () => {
    expect(axisLabel(at, 'day', 'Europe/Berlin')).toBe('25 Oct');
    expect(axisLabel(at, 'hour', 'Europe/Berlin')).toBe('00:00');
    expect(fullLabel(at, 'day', 'America/New_York')).toBe('Sat, 24 Oct 2026');
  });

  it('are never so many that nobody reads them', () => {
    expect(intervalsFor(1)).toEqual(['hour']);
    expect(intervalsFor(30)).toEqual(['day', 'week']);
    expect(intervalsFor(365)).toEqual(['week', 'month']);
  });
});
