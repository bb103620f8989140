import { describe, expect, it } from 'vitest';
import { personPath, profileId, ruleHelp, ruleLabel, sayEvidence } from './rules';

describe('insights in words', () => {
  it('name rules, also those that are new', () => {
    expect(ruleLabel('prices_seen')).toBe('Prices seen');
    expect(ruleLabel('a_new_one')).toBe('A new one');
    expect(ruleHelp('a_new_one')).toContain('rule');
  });

  it('say the figures and what is asked of them', () => {
    expect(sayEvidence({ figure: 'price_views', value: 4, asks: 'at_least', threshold: 3 })).toBe('Price views 4 (≥ 3)');
    expect(sayEvidence({ figure: 'chance', value: 0.0156, asks: 'at_most', threshold: 0.05 })).toBe('Chance 0.02 (≤ 0.05)');
  });

  it('lead to who it is of', () => {
    expect(personPath('visitor:v1')).toBe('/journeys/v1');
    expect(personPath('user:a b')).toBe('/people/user%3Aa%20b');
    expect(profileId('user:7')).toBe('user:7');
  });
});
