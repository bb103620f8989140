import { describe, expect, it } from 'vitest';
import { readFilter, sayFilter, withFilter, writeFilter, type Filter } from './filters';
import { addDays, dayIn, daysOf, isDay, lengthOf, readRange, sayDays, writeRange } from './range';

describe('ranges', () => {
  const of = (search: string) => readRange(new URLSearchParams(search));

  it('are read from the address, and what cannot be read is the usual one', () => {
    expect(of('')).toEqual({ preset: '30d' });
    expect(of('range=7d')).toEqual({ preset: '7d' });
    expect(of('range=8d')).toEqual({ preset: '30d' });
    expect(of('from=2026-02-01&to=2026-02-28')).toEqual({ preset: null, days: { from: '2026-02-01', to: '2026-02-28' } });
    expect(of('from=2026-02-30&to=2026-03-01')).toEqual({ preset: '30d' });
    expect(of('from=2026-03-02&to=2026-03-01')).toEqual({ preset: '30d' });
  });

  it.each(['range=today', 'from=2024-02-29&to=2024-02-29', 'range=365d'])('come back from %s as they were', (search) => {
    const range = of(search);
    const written = Object.entries(writeRange(range)).filter((pair): pair is [string, string] => pair[1] !== null);
    expect(readRange(new URLSearchParams(written))).toEqual(range);
  });

  it('are as many days as they say, across months, leap days and changes of clocks', () => {
    for (const preset of ['7d', '30d', '90d', '365d'] as const) {
      expect(lengthOf(daysOf({ preset }, '2024-03-31'))).toBe(Number.parseInt(preset, 10));
    }
    expect(daysOf({ preset: 'yesterday' }, '2024-03-01')).toEqual({ from: '2024-02-29', to: '2024-02-29' });
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(isDay('2026-2-1')).toBe(false);
  });

  it('begin where the site is', () => {
    const at = Date.UTC(2026, 5, 30, 23, 30);
    expect(dayIn(at, 'Europe/Berlin')).toBe('2026-07-01');
    expect(dayIn(at, 'America/New_York')).toBe('2026-06-30');
  });

  it('say the year where it is not this one', () => {
    expect(sayDays({ from: '2026-11-03', to: '2026-11-03' }, '2026-11-29')).toBe('3 Nov');
    expect(sayDays({ from: '2025-11-03', to: '2025-11-03' }, '2026-11-29')).toBe('3 Nov 2025');
    expect(sayDays({ from: '2026-10-28', to: '2026-11-03' }, '2026-11-29')).toMatch(/^28 Oct.+3 Nov$/);
  });
});

describe('conditions', () => {
  const odd: Filter = { dimension: 'page', op: 'is_not', values: ['/a,b.c', '~', '100%2C', null, 'ö & ?'] };

  it('come back from the address as they were', () => {
    expect(readFilter(writeFilter(odd))).toEqual(odd);
    const property: Filter = { dimension: 'property:plan.size %', op: 'is', values: ['a.b'] };
    expect(readFilter(writeFilter(property))).toEqual(property);
    expect(sayFilter(property)).toBe('Property plan.size % is a.b');
    expect(readFilter('property:.is.x')).toBeNull();
    const search = new URLSearchParams([['f', writeFilter(odd)]]).toString();
    expect(new URLSearchParams(search).getAll('f').map(readFilter)).toEqual([odd]);
  });

  it.each(['', 'source', 'source.is', 'source.is.', 'colour.is.red', 'source.like.x', 'source.is.a,'])('are none in “%s”', (text) => {
    expect(readFilter(text)).toBeNull();
  });

  it('take the place of what the same was narrowed by before', () => {
    const one: Filter = { dimension: 'source', op: 'is', values: ['google'] };
    const two: Filter = { dimension: 'source', op: 'is', values: ['bing'] };
    const not: Filter = { dimension: 'source', op: 'is_not', values: ['direct'] };
    expect(withFilter([one, not], two)).toEqual([two, not]);
    expect(withFilter([one], not)).toEqual([one, not]);
  });

  it('read as sentences', () => {
    expect(sayFilter({ dimension: 'country', op: 'is', values: ['DE', null] })).toBe('Country is Germany or Unknown');
    expect(sayFilter({ dimension: 'source', op: 'contains', values: ['a', 'b', 'c', 'd'] })).toBe('Source contains a, b or 2 more');
  });
});
