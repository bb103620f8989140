import { describe, expect, it } from 'vitest';
import { bucketsOf, sayBucket, sayGroup, sayReason, sayWithin } from './stages';

const HOUR = 3_600_000;
const time = (stage: string, below_ms: number | null, people: number) => ({ stage, below_ms, people });

describe('times in stages', () => {
  it('are buckets up to the last with anybody, of stages that somebody left', () => {
    const times = [
      ...[time('a', HOUR, 2), time('a', 24 * HOUR, 0), time('a', 48 * HOUR, 0), time('a', null, 0)],
      ...[time('b', HOUR, 0), time('b', 24 * HOUR, 5), time('b', 48 * HOUR, 0), time('b', null, 0)],
      ...[time('c', HOUR, 0), time('c', 24 * HOUR, 0), time('c', 48 * HOUR, 0), time('c', null, 0)],
    ];
    expect(bucketsOf(times)).toEqual({
      names: ['up to 1 h', '1 h – 1 d'],
      people: [
        { stage: 'a', counts: [2, 0] },
        { stage: 'b', counts: [0, 5] },
      ],
    });
    expect(bucketsOf([])).toEqual({ names: [], people: [] });
  });

  it('end with what is beyond all', () => {
    expect(sayBucket(24 * HOUR, null)).toBe('over 1 d');
  });
});

describe('words', () => {
  it('say whom, how long and why', () => {
    expect(sayGroup({ group: 'all', value: null })).toBe('All');
    expect(sayGroup({ group: 'value', value: null })).toBe('Unknown');
    expect(sayGroup({ group: 'others', value: null })).toBe('All others');
    expect(sayWithin('1d')).toBe('1 day');
    expect(sayReason('too_few_journeys')).toContain('200');
    expect(sayReason('some_new_one')).toBe('Some new one');
  });
});
