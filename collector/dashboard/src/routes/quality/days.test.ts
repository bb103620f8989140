import { describe, expect, it } from 'vitest';
import { countByDay, eachDay, rateOf, sum } from './days';

describe('days', () => {
  it('are each there, both ends included, over the end of a month', () => {
    expect(eachDay({ from: '2026-02-27', to: '2026-03-01' })).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  });

  it('have what is of them and not what lies outside', () => {
    const rows = [
      { day: '2026-02-27', ga: true },
      { day: '2026-02-27', ga: false },
      { day: '2026-03-01', ga: true },
      { day: '2026-03-09', ga: true },
    ];
    const parts = countByDay(rows, (row) => row.day, eachDay({ from: '2026-02-27', to: '2026-03-01' }), (row) => row.ga);
    expect(parts).toEqual([{ part: 1, whole: 2 }, { part: 0, whole: 0 }, { part: 1, whole: 1 }]);
    expect(sum(parts)).toEqual({ part: 2, whole: 3 });
    expect(parts.map(rateOf)).toEqual([0.5, null, 1]);
  });
});
