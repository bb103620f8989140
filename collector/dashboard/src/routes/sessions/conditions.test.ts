import { describe, expect, it } from 'vitest';
import type { Filter } from '../../lib/questions/filters';
import { meets, split, type Row } from './conditions';

const row = {
  touch: { source: 'google', channel: 'Organic Search', medium: null, referrer: 'https://www.google.com/search?q=x' },
  device: { type: 'mobile', browser: 'Safari', os: 'iOS', country: 'DE', region: null, city: null },
  entry_url: 'https://shop.example/pricing?utm_source=x',
  exit_url: null,
} as unknown as Row;
const filter = (dimension: Filter['dimension'], op: Filter['op'], ...values: (string | null)[]): Filter => ({ dimension, op, values });

describe('conditions of the list of sessions', () => {
  it('are asked where the list can be asked them', () => {
    expect(split([filter('source', 'is', 'google'), filter('country', 'is', 'DE')])).toEqual({ asks: { source: 'google', country: 'DE' }, here: [], left: [] });
  });

  it('are held against each session otherwise', () => {
    const several = filter('source', 'is', 'google', 'bing');
    const landing = filter('entry_page', 'is', '/pricing');
    expect(split([several, landing])).toEqual({ asks: { entry_page: '/pricing' }, here: [several, landing], left: [] });
  });

  it('are named where a session does not tell', () => {
    const left = [filter('event', 'is', 'purchase'), filter('browser', 'matches', '(?P<x>a)')];
    expect(split(left)).toEqual({ asks: {}, here: [], left });
  });
});

describe('a session', () => {
  it.each([
    [filter('source', 'is', 'google', 'bing'), true],
    [filter('source', 'is_not', 'google'), false],
    [filter('medium', 'is', null), true],
    [filter('medium', 'is_not', null), false],
    [filter('referrer', 'is', 'www.google.com'), true],
    [filter('entry_page', 'is', '/pricing'), true],
    [filter('entry_page', 'is', '/'), false],
    [filter('browser', 'contains', 'SAF'), true],
    [filter('browser', 'not_contains', 'saf'), false],
    [filter('region', 'not_contains', 'x'), true],
    [filter('os', 'matches', '^i'), true],
    [filter('os', 'not_matches', '^i'), false],
    [filter('exit_page', 'is', null), true],
  ])('meets %j: %s', (one, met) => {
    expect(meets(row, [one])).toBe(met);
  });
});
