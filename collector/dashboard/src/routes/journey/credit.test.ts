import { describe, expect, it } from 'vitest';
import { creditsOf, sumOf } from './credit';

const touch = (at: number, weight: number, value: string | null) => ({ at, conversion_at: 100, person: 'user:1', weight, value });

describe('credits', () => {
  it('stand by their moment, and add up', () => {
    const credits = creditsOf([touch(1, 0.5, '10.00'), touch(1, 1, null), touch(2, 0.25, '4')]);
    expect([...credits.keys()]).toEqual([1, 2]);
    expect(sumOf(credits.get(1) ?? [])).toEqual({ conversions: 1.5, value: 5 });
    expect(sumOf(creditsOf([touch(1, 1, null)]).get(1) ?? [])).toEqual({ conversions: 1, value: null });
  });
});
