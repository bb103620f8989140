import { describe, expect, it } from 'vitest';
import { CLEARED, filtersOf, isNarrowed, isSearched } from './filters';

const of = (query: string) => filtersOf(new URLSearchParams(query), (key) => key === 'qualified');

describe('filters of journeys', () => {
  it('are what the address says', () => {
    expect(of('q=ann&stage=qualified&country=de&from=2026-01-02&sort=score&min_score=0.5')).toMatchObject({
      q: 'ann',
      stage: 'qualified',
      country: 'DE',
      from: '2026-01-02',
      sort: 'score',
      min_score: '0.5',
    });
  });

  it.each(['stage=none', 'country=Germany', 'from=yesterday', 'sort=price', 'min_score=0.5', 'sort=last_seen&min_score=1', 'bots=x'])('leave out what cannot be: %j', (query) => {
    expect(isNarrowed(of(query))).toBe(false);
    expect(isSearched(of(query))).toBe(false);
  });

  it('know what only the collector can tell', () => {
    expect(isSearched(of('stage=qualified&source=google'))).toBe(false);
    expect(isSearched(of('channel=Email'))).toBe(true);
    expect(isSearched(of('sort=stage'))).toBe(true);
    expect(isNarrowed(of('sort=stage'))).toBe(false);
  });

  it('are all taken away together', () => {
    const { sort: _, ...names } = of('');
    expect(Object.keys(CLEARED).sort()).toEqual(Object.keys(names).sort());
  });
});
