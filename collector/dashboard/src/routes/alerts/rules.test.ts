import { describe, expect, it } from 'vitest';
import { channelsOf, draftOf, firings, isComplete, ruleOf, sayLook, sayNumber, sayRule, type Alert, type Look, type Rule } from './rules';

const alert = (rule: Rule, channels: Alert['channels'] = []): Alert => ({
  id: 'a',
  name: 'Sign-ups',
  rule,
  channels,
  paused: false,
  state: 'ok',
  since: 0,
  created_at: 0,
  created_by: 'user:1',
  changed_at: 0,
});
const look = (verdict: Look['verdict'], figure: string | null = '1'): Look => ({ begin: 0, end: 1, figure, verdict });

describe('a draft', () => {
  it('is the rule that it was made of', () => {
    const rules: Rule[] = [
      { figure: 'visitors', window: 'day', condition: { kind: 'above', value: '100' } },
      { figure: 'bounce_rate', window: 'week', condition: { kind: 'below', value: '0.573' } },
      { figure: 'events', event: 'signup', window: 'hour', condition: { kind: 'change', percent: '40', side: 'below' } },
      { figure: 'revenue', window: 'day', segment: 'Paid', condition: { kind: 'anomaly', weeks: 6, spreads: '2.5', side: 'both' }, filters: [{ dimension: 'country', op: 'is', values: ['DE'] }] },
    ];
    for (const rule of rules) expect(ruleOf(draftOf(alert(rule)))).toEqual(rule);
  });

  it('leaves out what the figure does not take', () => {
    const draft = { ...draftOf(null), figure: 'rejected' as const, event: 'signup', segment: 'Paid', filters: [{ dimension: 'country' as const, op: 'is' as const, values: ['DE'] }] };
    expect(Object.keys(ruleOf(draft)).toSorted()).toEqual(['condition', 'figure', 'window']);
  });

  it('has a rate in per cent', () => {
    expect(draftOf(alert({ figure: 'bounce_rate', window: 'day', condition: { kind: 'above', value: '0.07' } })).value).toBe('7');
  });

  it('tells each address and destination', () => {
    const draft = { ...draftOf(null), webhooks: ['w'], emails: 'ann@shop.example, bob@shop.example;' };
    expect(channelsOf(draft)).toEqual([
      { kind: 'webhook', destination: 'w' },
      { kind: 'email', to: 'ann@shop.example' },
      { kind: 'email', to: 'bob@shop.example' },
    ]);
    const again = draftOf(alert({ figure: 'visitors', window: 'day', condition: { kind: 'above', value: '1' } }, channelsOf(draft)));
    expect(channelsOf(again)).toEqual(channelsOf(draft));
  });

  it('is complete once the condition has its numbers', () => {
    expect(isComplete(draftOf(null))).toBe(true);
    expect(isComplete({ ...draftOf(null), kind: 'above' })).toBe(false);
    expect(isComplete({ ...draftOf(null), kind: 'above', value: '4x' })).toBe(false);
    expect(isComplete({ ...draftOf(null), kind: 'below', value: ' 0 ' })).toBe(true);
  });
});

describe('firings', () => {
  it('counts changes and windows; what cannot be said changes nothing', () => {
    const looks = ['ok', 'firing', 'unknown', 'firing', 'ok', 'firing'].map((verdict) => look(verdict as Look['verdict']));
    expect(firings(looks)).toEqual({ times: 2, windows: 3, unknown: 1 });
    expect(firings([])).toEqual({ times: 0, windows: 0, unknown: 0 });
  });
});

describe('words', () => {
  it('say a rule', () => {
    expect(sayRule({ figure: 'conversion_rate', window: 'day', condition: { kind: 'below', value: '0.02' } }, null)).toBe('Conversion rate by day, below 2.0 %');
    expect(sayRule({ figure: 'events', event: 'signup', window: 'hour', condition: { kind: 'anomaly', side: 'below', weeks: 8 } }, null)).toBe('Events of signup by hour, unusually low beside 8 weeks before');
    expect(sayRule({ figure: 'sessions', window: 'week', condition: { kind: 'change', percent: '30' } }, null)).toBe('Sessions by week, changed by more than 30 % since the week before');
  });

  it('say what a look came to', () => {
    expect(sayLook({ ...look('firing', '3'), baseline: { low: '10' } }, 'visitors', null)).toBe('3, expected not below 10.');
    expect(sayLook({ ...look('unknown', null), why: 'not_enough_history' }, 'visitors', null)).toBe('Nothing can be said: there are too few weeks before.');
    expect(sayNumber('revenue', '12.5', 'EUR')).toBe('€12.50');
    expect(sayNumber('visitors', null, null)).toBe('–');
  });
});
