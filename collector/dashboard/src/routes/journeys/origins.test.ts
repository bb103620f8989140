import { describe, expect, it } from 'vitest';
import { parseOrigins } from './origins';

describe('parseOrigins', () => {
  it('takes addresses as people paste them', () => {
    expect(parseOrigins('https://www.shop.example/pricing?x=1\nshop.example, http://localhost:4000')).toEqual({
      origins: ['https://www.shop.example', 'https://shop.example', 'http://localhost:4000'],
      wrong: null,
    });
  });

  it('keeps patterns of hosts and ports', () => {
    expect(parseOrigins('https://*.shop.example, http://localhost:*').origins).toEqual(['https://*.shop.example', 'http://localhost:*']);
  });

  it('names each once, and none for nothing', () => {
    expect(parseOrigins('shop.example shop.example/').origins).toEqual(['https://shop.example']);
    expect(parseOrigins(' \n ')).toEqual({ origins: [], wrong: null });
  });

  it.each(['ftp://shop.example', 'https://', 'https://a b%'.split(' ')[0] + '%'])('refuses %s and says so', (text) => {
    expect(parseOrigins(text).wrong).toBe(text);
  });
});
