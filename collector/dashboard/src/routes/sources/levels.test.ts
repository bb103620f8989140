import { describe, expect, it } from 'vitest';
import { levelOf, nextLevel } from './levels';

describe('the levels of sources', () => {
  it('go down from the channel, past what is narrowed by already', () => {
    expect(nextLevel('channel', ['channel'])).toBe('source');
    expect(nextLevel('channel', ['channel', 'source'])).toBe('medium');
    expect(nextLevel('medium', ['medium'])).toBe('campaign');
    expect(nextLevel('campaign', ['campaign'])).toBe('entry_page');
    expect(nextLevel('together', ['source', 'medium', 'campaign'])).toBe('entry_page');
  });

  it('end where there is nothing below', () => {
    expect(nextLevel('entry_page', ['entry_page'])).toBe('entry_page');
    expect(nextLevel('exit_page', [])).toBe('exit_page');
  });

  it('are channels where the address says none', () => {
    expect(levelOf(null).key).toBe('channel');
    expect(levelOf('nonsense').key).toBe('channel');
    expect(levelOf('campaign').dimensions).toEqual(['campaign']);
  });
});
