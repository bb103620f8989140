import { describe, expect, it } from 'vitest';
import { exactly } from '../../lib/questions/steps';
import { sayDays } from '../../lib/questions/range';
import { withQuery } from '../../lib/router/match';
import { addressOf, cameBackMost, cohortsOf, drawn, greatestRate, heatOf, lastKnown, parametersOf, readAsking, sayCohort, usualPeriod, writeAsking, type Asking, type Cell } from './triangle';

const DAYS = { from: '2026-10-31', to: '2026-11-29' };

const ASKED: Asking[] = [
  { period: 'week', periods: 13, cohort: null, returning: null, by: 'person' },
  { period: 'month', periods: 5, cohort: 'first_channel', returning: exactly('event', 'a:b'), by: 'visitor' },
  { period: 'day', periods: 13, cohort: exactly('milestone', 'signup_at'), returning: exactly('page', '/app'), by: 'person' },
];

describe('what is asked', () => {
  it('comes back from the address, and from what was kept', () => {
    for (const asking of ASKED) {
      expect(readAsking(new URLSearchParams(withQuery('', writeAsking(asking, DAYS))), DAYS)).toEqual(asking);
      expect(readAsking(new URLSearchParams(withQuery('', addressOf(parametersOf(asking)))), DAYS)).toEqual(asking);
    }
    expect(ASKED.map(({ cohort }) => sayCohort(cohort))).toEqual(['First seen', 'First channel', 'First signup_at']);
  });

  it('is the usual where the address says nothing that can be asked', () => {
    expect(readAsking(new URLSearchParams('period=hour&periods=1&cohort=source&returning=session&by=all'), DAYS)).toEqual(ASKED[0]);
  });

  it('makes some cohorts of whatever days', () => {
    expect([7, 14, 30, 90, 365].map(usualPeriod)).toEqual(['day', 'day', 'week', 'week', 'month']);
  });
});

/** A cohort with its size and who came back at the offsets after; `null` where that is not known. */
function rows(cohort: string | null, size: number, back: (number | null)[], more: Partial<Cell> = {}): Cell[] {
  return [size, ...back].map((people, offset) => ({ kind: 'period', cohort, is_whole: true, size, offset, of: people === null ? 0 : size, people, rate: people === null ? null : people / size, ...more }));
}

const WEEK = { period: 'week', cohort: null } as const;

describe('cohorts', () => {
  it('are of a period, with its days', () => {
    const [week] = cohortsOf(rows('2026-11-02', 40, [10, null]), WEEK, '2026-11-29');
    expect(week).toMatchObject({ label: sayDays({ from: '2026-11-02', to: '2026-11-08' }, '2026-11-29'), days: { from: '2026-11-02', to: '2026-11-08' }, size: 40 });
    expect(week?.cells.map(({ people }) => people)).toEqual([40, 10, null]);
    const [month] = cohortsOf(rows('2026-02-01', 40, [1]), { period: 'month', cohort: null }, '2026-11-29');
    expect(month).toMatchObject({ label: 'Feb 2026', days: { from: '2026-02-01', to: '2026-02-28' } });
  });

  it('begin with the first that has anybody', () => {
    const given = [...rows('2026-11-02', 0, [0]), ...rows('2026-11-09', 3, [1]), ...rows('2026-11-16', 0, [0])];
    expect(cohortsOf(given, WEEK, '2026-11-29').map(({ value }) => value)).toEqual(['2026-11-09', '2026-11-16']);
    expect(cohortsOf(rows('2026-11-02', 0, [0]), WEEK, '2026-11-29')).toHaveLength(1);
  });

  it('are of a value, of which one is not known and the rest are together', () => {
    const given = [...rows('Email', 5, [1], { kind: 'value' }), ...rows(null, 4, [1], { kind: 'value' }), ...rows(null, 3, [1], { kind: 'others' })];
    expect(cohortsOf(given, { period: 'week', cohort: 'first_channel' }, '2026-11-29').map(({ label, size }) => [label, size])).toEqual([['Email', 5], ['Unknown', 4], ['All others', 3]]);
  });
});

describe('who came back most', () => {
  const cohorts = cohortsOf(
    [
      ...rows('2026-10-26', 200, [60, 20]),
      ...rows('2026-11-02', 100, [30, 40]),
      ...rows('2026-11-09', 9, [9, 9]),
      ...rows('2026-11-16', 100, [90, null], { is_whole: false }),
      ...rows('2026-11-23', 50, [null, null]),
    ],
    WEEK,
    '2026-11-29',
  );

  it('is of those that are large enough and whole, and of equal ones the larger', () => {
    expect(cameBackMost(cohorts, 1)?.value).toBe('2026-10-26');
    expect(cameBackMost(cohorts, 2)?.value).toBe('2026-11-02');
    expect(cameBackMost(cohorts, 3)).toBeNull();
  });

  it('is drawn with the latest of which something is known', () => {
    expect(drawn(cohorts, cohorts[0] ?? null, 2).map(({ value }) => value)).toEqual(['2026-10-26', '2026-11-09']);
    expect(drawn(cohorts, null, 2).map(({ value }) => value)).toEqual(['2026-11-02', '2026-11-09']);
  });
});

it('cells are as strong as their part of the greatest', () => {
  expect(greatestRate(cohortsOf(rows('2026-11-02', 10, [5, 2]), WEEK, '2026-11-29'))).toBe(0.5);
  expect([heatOf(0.25, 0.5), heatOf(null, 0.5), heatOf(0.1, 0)]).toEqual([0.5, 0, 0]);
});

it('what nothing is known of is no column', () => {
  expect(lastKnown([{ offset: 0, of: 9, people: 9, rate: 1 }, { offset: 1, of: 9, people: 0, rate: 0 }, { offset: 2, of: 0, people: null, rate: null }])).toBe(1);
  expect(lastKnown([])).toBe(1);
});
