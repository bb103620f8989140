import { describe, expect, it } from 'vitest';
import { ANY_PAGE, asWord, exactly, forApi, fromApi, fromWord, readStep, sayStep, writeStep, type Step } from './steps';

const ODD: Step = {
  kind: 'event',
  op: 'matches',
  text: '^a|b%7C:c$',
  name: '100 % | all',
  filters: [{ dimension: 'country', op: 'is', values: ['DE', null] }],
};

describe('steps of an address', () => {
  it('come back as they were written', () => {
    for (const step of [exactly('page', '/pricing'), exactly('event', 'a:b.c'), exactly('milestone', 'signup_at'), ANY_PAGE, ODD]) {
      expect(readStep(writeStep(step))).toEqual(step);
    }
  });

  it('are short where they are plain', () => {
    expect(writeStep(exactly('page', '/pricing'))).toBe('page:/pricing');
  });

  it('are none where they say nothing', () => {
    for (const text of ['', 'page', 'page:', 'person:x', 'page.like:/x', 'page.is.is:/x']) expect(readStep(text)).toBeNull();
  });
});

describe('steps of the API', () => {
  it('come back as they were told', () => {
    for (const step of [exactly('page', '/pricing'), ANY_PAGE, ODD]) expect(fromApi(forApi(step))).toEqual(step);
    expect(forApi(exactly('event', 'trial'))).toEqual({ event: 'trial' });
  });

  it('are none where they are of something else', () => {
    for (const kept of [null, 'page', {}, { page: 1 }, { page: '/', op: 'like' }]) expect(fromApi(kept)).toBeNull();
  });
});

it('a step is a word where it has a name alone', () => {
  expect(asWord(exactly('event', 'a:b'))).toBe('event:a:b');
  expect(fromWord('event:a:b')).toEqual(exactly('event', 'a:b'));
  expect(asWord(ANY_PAGE)).toBeNull();
  for (const word of [null, '', 'session', 'event:', 'first_seen']) expect(fromWord(word)).toBeNull();
});

it('a step is called by its name, or by what is looked for', () => {
  expect(sayStep(exactly('page', '/pricing'))).toBe('/pricing');
  expect(sayStep(ANY_PAGE)).toBe('Any page');
  expect(sayStep({ ...ANY_PAGE, name: null })).toBe('contains /');
});
