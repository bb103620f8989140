import { describe, expect, it } from 'vitest';
import { draftOf, namesOf, sayWants, wantsOf } from './wants';

describe('what a destination gets', () => {
  it('comes back as it was', () => {
    const wants = { milestones: ['signup_at'], events: ['a', 'b c'], conversions: true, needs_consent: false, renamed: { a: 'x' } };
    expect(wantsOf(draftOf(wants), wants)).toEqual(wants);
  });

  it('is names between commas, each once', () => {
    expect(namesOf(' a , b c,,a ')).toEqual(['a', 'b c']);
  });

  it.each([
    [{}, 'gets nothing yet'],
    [{ milestones: ['*'], conversions: true }, 'gets every milestone; conversions'],
    [{ events: ['a', 'b'], needs_consent: true }, 'gets events a, b, only with consent'],
  ])('is said of %j', (wants, said) => {
    expect(sayWants(wants)).toBe(said);
  });
});
