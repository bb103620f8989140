import { describe, expect, it } from 'vitest';
import { withQuery } from '../../lib/router/match';
import { exactly } from '../../lib/questions/steps';
import { addressOf, goesOnFrom, greatestLoss, groupsOf, lossesOf, parametersOf, readFunnel, readWho, sayWindow, suggestions, writeFunnel, type Funnel, type Row } from './funnel';

const step = (step: number, people: number, group: Row['group'] = 'all', value: string | null = null): Row => ({ group, value, step, name: `step ${step}`, people });

const FUNNEL: Funnel = { steps: [exactly('page', '/'), exactly('milestone', 'signup_at')], window: '24h', order: 'strict', by: 'visitor', breakdown: 'device' };

describe('a funnel in the address', () => {
  it('comes back as it was written', () => {
    expect(readFunnel(new URLSearchParams(withQuery('', writeFunnel(FUNNEL))))).toEqual(FUNNEL);
  });

  it('leaves out what is usual', () => {
    const usual = readFunnel(new URLSearchParams('s=page:/&s=nonsense&window=soon&order=some&by=all&breakdown=mood'));
    expect(withQuery('', writeFunnel(usual))).toBe('?s=page%3A%2F');
    expect(parametersOf(usual)).toBeNull();
  });

  it('comes back from what was kept', () => {
    const kept = parametersOf(FUNNEL);
    expect(readFunnel(new URLSearchParams(withQuery('', addressOf(kept ?? {}))))).toEqual(FUNNEL);
    const asJson = { ...kept, steps: JSON.parse(kept?.steps ?? '') as unknown };
    expect(readFunnel(new URLSearchParams(withQuery('', addressOf(asJson))))).toEqual(FUNNEL);
  });
});

describe('losses', () => {
  it('cost what those who went on brought', () => {
    expect(lossesOf([step(1, 1000), step(2, 500), step(3, 100)]).map(({ dropped, cost }) => [dropped, cost])).toEqual([
      [500, 100],
      [400, 400],
    ]);
  });

  it('are greatest where they cost most', () => {
    expect(greatestLoss([step(1, 1000), step(2, 500), step(3, 100)])?.step.step).toBe(3);
    expect(greatestLoss([step(1, 10), step(2, 0), step(3, 0)])?.dropped).toBe(10);
    expect(greatestLoss([step(1, 10), step(2, 0)])?.cost).toBeNull();
    expect(greatestLoss([step(1, 5), step(2, 5)])).toBeNull();
    expect(greatestLoss([])).toBeNull();
  });
});

it('rows fall into those of all and those of each value', () => {
  const rows = [step(1, 9), step(2, 4), step(1, 5, 'value', 'mobile'), step(2, 1, 'value', 'mobile'), step(1, 3, 'value'), step(2, 3, 'value'), step(1, 1, 'others'), step(2, 0, 'others')];
  const { all, groups } = groupsOf(rows, 'device');
  expect(all).toHaveLength(2);
  expect(groups.map(({ label, steps }) => [label, steps.map(({ people }) => people)])).toEqual([
    ['Mobile', [5, 1]],
    ['Unknown', [3, 3]],
    ['All others', [1, 0]],
  ]);
});

it('who is shown is of a step that there is', () => {
  expect(readWho('2.dropped', 3)).toEqual({ step: 2, outcome: 'dropped' });
  expect(readWho('1.reached', 3)).toEqual({ step: 1, outcome: 'reached' });
  for (const text of [null, '', '1.dropped', '4.reached', '0.reached', '2.lost', '2']) expect(readWho(text, 3)).toBeNull();
});

it('windows are said in words', () => {
  expect(sayWindow('7d')).toBe('7 days');
  expect(sayWindow('45m')).toBe('45 minutes');
});

it('those who began of late may still go on', () => {
  const day = 86_400_000;
  expect(goesOnFrom('7d', { end: 30 * day }, 30 * day)).toBe(23 * day);
  expect(goesOnFrom('30m', { end: 30 * day }, 30 * day + 1_800_000)).toBeNull();
});

describe('suggestions', () => {
  const milestones = [{ name: 'signup_at' }, { name: 'nda_signed_at' }, { name: 'fee_agreement_at' }];

  it('are of what happened', () => {
    const happened = [
      { kind: 'event', name: 'cta_clicked' },
      { kind: 'event', name: 'signup_started' },
      { kind: 'milestone', name: 'signup_at' },
      { kind: 'milestone', name: 'fee_agreement_at' },
    ];
    const [signUp, all] = suggestions(milestones, happened, ['/', '/features', '/pricing']);
    expect(signUp?.steps.map(({ text }) => text)).toEqual(['/', '/pricing', 'signup_started', 'signup_at']);
    expect(all?.steps.map(({ text }) => text)).toEqual(['/', 'signup_at', 'fee_agreement_at']);
  });

  it('do with events where there are no milestones, and with nothing where there is nothing', () => {
    expect(suggestions(milestones, [{ kind: 'event', name: 'cta_clicked' }], ['/']).map(({ steps }) => steps.length)).toEqual([2]);
    expect(suggestions(milestones, [], ['/'])).toEqual([]);
  });
});
