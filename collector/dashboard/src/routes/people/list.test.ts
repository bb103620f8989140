import { describe, expect, it } from 'vitest';
import { filtersOf } from './list.svelte';

const of = (query: string) => filtersOf(new URLSearchParams(query), (key) => key === 'qualified');
const all = { q: '', stage: '', source: '', bots: '', sort: 'last_seen', min_score: '' };

describe('filtersOf', () => {
  it('reads what an address says', () => {
    expect(of('q=ann&stage=qualified&sort=score&min_score=0.5&bots=only')).toEqual({
      ...all,
      q: 'ann',
      stage: 'qualified',
      sort: 'score',
      min_score: '0.5',
      bots: 'only',
    });
  });

  it.each(['', 'stage=no_such', 'sort=price', 'bots=x', 'min_score=0.5', 'sort=last_seen&min_score=1'])('leaves out what cannot be: %j', (query) => {
    expect(of(query)).toEqual(all);
  });

  it.each(['2', '-1', 'x'])('knows no score of %j', (least) => {
    expect(of(`sort=stage&min_score=${least}`)).toEqual({ ...all, sort: 'stage' });
  });
});
