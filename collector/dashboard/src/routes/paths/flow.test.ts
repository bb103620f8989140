import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../lib/api';
import { ANY_PAGE, exactly } from '../../lib/questions/steps';
import { withQuery } from '../../lib/router/match';
import { addressOf, flowOf, parametersOf, readAsking, sayAnchor, stepOf, writeAsking, type Asking } from './flow';

const ASKED: Asking[] = [
  { way: 'after', anchor: null, of: 'pages', depth: 5, top: 8 },
  { way: 'before', anchor: null, of: 'both', depth: 3, top: 50 },
  { way: 'after', anchor: exactly('event', 'trial'), of: 'events', depth: 10, top: 1 },
  { way: 'before', anchor: ANY_PAGE, of: 'pages', depth: 5, top: 8 },
];

describe('what is asked', () => {
  it('comes back from the address, and from what was kept', () => {
    for (const asking of ASKED) {
      expect(readAsking(new URLSearchParams(withQuery('', writeAsking(asking))))).toEqual(asking);
      expect(readAsking(new URLSearchParams(withQuery('', addressOf(parametersOf(asking)))))).toEqual(asking);
    }
  });

  it('is the usual where the address says nothing that can be asked', () => {
    expect(readAsking(new URLSearchParams('start=x&of=all&depth=1&top=51'))).toEqual(ASKED[0]);
    expect(withQuery('', writeAsking(readAsking(new URLSearchParams())))).toBe('');
  });

  it('is said in words', () => {
    expect(ASKED.map(sayAnchor)).toEqual(['Start of the session', 'End of the session', 'trial', 'Any page']);
  });
});

describe('flows', () => {
  const node = (depth: number, kind: Schemas['PathKind'], name: string | null, sessions: number, ended = 0) => ({ depth, kind, name, sessions, ended, rate: sessions / 10 });
  const paths: Schemas['Paths'] = {
    sessions: 10,
    nodes: [node(0, 'page', '/', 10, 4), node(1, 'page', '/', 1, 1), node(1, 'page', '/b', 3, 3), node(1, 'others', null, 2, 2)],
    rows: [
      { depth: 0, from_kind: 'page', from: '/', to_kind: 'end', to: null, sessions: 4, rate: 0.4 },
      { depth: 0, from_kind: 'page', from: '/', to_kind: 'page', to: '/b', sessions: 3, rate: 0.3 },
      { depth: 0, from_kind: 'page', from: '/', to_kind: 'others', to: null, sessions: 2, rate: 0.2 },
      { depth: 0, from_kind: 'page', from: '/', to_kind: 'page', to: '/', sessions: 1, rate: 0.1 },
      { depth: 1, from_kind: 'page', from: '/b', to_kind: 'end', to: null, sessions: 3, rate: 1 },
    ],
  };

  it('tell the same page at two places apart, and have a node where sessions end', () => {
    const { nodes, links, columns, tallest } = flowOf(paths, 'after');
    expect(nodes.map(({ column, label, sessions }) => [column, label, sessions])).toEqual([
      [0, '/', 10],
      [1, '/', 1],
      [1, '/b', 3],
      [1, 'All others', 2],
      [1, 'Left', 4],
      [2, 'Left', 3],
    ]);
    expect(links.map(({ from, to, share }) => [from.label, to.label, share])).toEqual([
      ['/', 'Left', 0.4],
      ['/', '/b', 0.3],
      ['/', 'All others', 0.2],
      ['/', '/', 0.1],
      ['/b', 'Left', 0.3],
    ]);
    expect([columns, tallest]).toEqual([3, 4]);
  });

  it('end at the right where they are followed back', () => {
    const { nodes } = flowOf(paths, 'before');
    expect(nodes.map(({ column, label }) => [column, label])[0]).toEqual([2, '/']);
    expect(nodes.at(-1)).toMatchObject({ column: 0, label: 'Came in' });
  });

  it('are none where there are no sessions', () => {
    expect(flowOf({ sessions: 0, nodes: [], rows: [] }, 'after')).toEqual({ nodes: [], links: [], columns: 1, tallest: 1 });
  });
});

it('a node is a step where it is one thing', () => {
  expect(stepOf({ kind: 'page', name: '/b' })).toEqual(exactly('page', '/b'));
  for (const kind of ['end', 'others'] as const) expect(stepOf({ kind, name: null })).toBeNull();
  expect(stepOf({ kind: 'page', name: null })).toBeNull();
});
