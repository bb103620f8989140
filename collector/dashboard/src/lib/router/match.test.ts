import { describe, expect, it } from 'vitest';
import { findRoute, matchPath, safeReturn, withQuery } from './match';

describe('matchPath', () => {
  it('matches whole paths, with or without a trailing slash', () => {
    expect(matchPath('/', '/')).toEqual({});
    expect(matchPath('/live', '/live/')).toEqual({});
    expect(matchPath('/live', '/live/more')).toBeNull();
    expect(matchPath('/', '/live')).toBeNull();
  });

  it('reads and decodes parameters', () => {
    expect(matchPath('/journeys/:visitor_id', '/journeys/0197-a%2Fb')).toEqual({ visitor_id: '0197-a/b' });
  });

  it('does not match what cannot be decoded', () => {
    expect(matchPath('/journeys/:id', '/journeys/%E0%A4%A')).toBeNull();
  });
});

describe('findRoute', () => {
  const routes = [{ pattern: '/journeys/new' }, { pattern: '/journeys/:id' }] as const;

  it('takes the first that fits', () => {
    expect(findRoute(routes, '/journeys/new')?.route.pattern).toBe('/journeys/new');
    expect(findRoute(routes, '/journeys/7')).toEqual({ route: routes[1], params: { id: '7' } });
    expect(findRoute(routes, '/nowhere')).toBeNull();
  });
});

describe('withQuery', () => {
  it('sets, replaces and removes', () => {
    expect(withQuery('?site=2&q=wolf', { q: null, stage: 'qualified' })).toBe('?site=2&stage=qualified');
    expect(withQuery('?stage=qualified', { stage: '' })).toBe('');
    expect(withQuery('', { q: 'a&b' })).toBe('?q=a%26b');
  });
});

describe('safeReturn', () => {
  it('keeps a path of this origin whole', () => {
    expect(safeReturn('/journeys/1?site=2#top')).toBe('/journeys/1?site=2#top');
  });

  it.each([
    null,
    '',
    'journeys',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    '/.//evil.example/',
    'javascript:alert(1)',
    '/login?next=/login',
    '/setup',
  ])('goes home instead of %j', (next) => {
    expect(safeReturn(next)).toBe('/');
  });
});
