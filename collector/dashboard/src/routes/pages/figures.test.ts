import { describe, expect, it } from 'vitest';
import { FIGURES, sayPage, type PageRow } from './figures';

const page: PageRow = { host: 'shop.example', path: '/pricing', views: 1234, visitors: 900, sessions: 950, entries: 400, exits: 10, measured_views: 0 };

const say = (row: PageRow) => Object.fromEntries(FIGURES.map((kind) => [kind.key, kind.short(row)]));

describe('the figures of a page', () => {
  it('are none where no view was measured', () => {
    expect(say(page)).toEqual({
      views: '1,234',
      visitors: '900',
      sessions: '950',
      entries: '400',
      exits: '10',
      mean_visible_ms: '–',
      median_scroll: '–',
      deep_rate: '–',
    });
    expect(FIGURES.every((kind) => kind.exact(page) !== '')).toBe(true);
  });

  it('say of how many views they are', () => {
    const measured = { ...page, measured_views: 1000, mean_visible_ms: 65_000, median_scroll: 70, deep_rate: 0.256 };
    expect(say(measured)).toMatchObject({ median_scroll: '70 %', deep_rate: '26 %' });
    const deep = FIGURES.find((kind) => kind.key === 'deep_rate');
    expect(deep?.exact(measured)).toBe('25.60 % over 1,000 of 1,234 views');
  });

  it('have a name where the address could not be read', () => {
    expect(sayPage({ ...page, path: null })).toBe('Unknown');
  });
});
