import { describe, expect, it } from 'vitest';
import { clock, date, dateTime, duration, iso, relative } from './time';
import { country, host, humanize, money, path, plural, propValue, webAddress } from './value';

const NOW = Date.UTC(2025, 5, 9, 16, 0, 0);
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('relative', () => {
  it.each([
    [-5 * SECOND, 'just now'],
    [0, 'just now'],
    [9_999, 'just now'],
    [10 * SECOND, '10 s ago'],
    [59_999, '59 s ago'],
    [60 * SECOND, '1 min ago'],
    [HOUR - 1, '59 min ago'],
    [HOUR, '1 h ago'],
    [DAY, '1 d ago'],
    [7 * DAY - 1, '6 d ago'],
  ])('reads an age of %d ms as %s', (age, words) => {
    expect(relative(NOW - age, NOW)).toBe(words);
  });

  it('becomes a date after a week', () => {
    expect(relative(NOW - 10 * DAY, NOW)).toBe('30 May');
  });
});

describe('dates', () => {
  it('name the year only where it is another', () => {
    expect(date(NOW, NOW, 'UTC')).toBe('9 Jun');
    expect(date(Date.UTC(2024, 0, 2), NOW, 'UTC')).toBe('2 Jan 2024');
  });

  it('say today and yesterday in the given zone', () => {
    expect(dateTime(NOW, NOW, 'UTC')).toBe('Today, 16:00');
    expect(dateTime(NOW - DAY, NOW, 'UTC')).toBe('Yesterday, 16:00');
    // 16:00 in UTC is 01:00 of the next day in Tokyo, so 14:00 UTC is that zone's yesterday.
    expect(dateTime(NOW - 2 * HOUR, NOW, 'Asia/Tokyo')).toBe('Yesterday, 23:00');
    expect(dateTime(NOW - 9 * DAY, NOW, 'UTC')).toBe('31 May, 16:00');
  });

  it('write midnight as 00', () => {
    expect(clock(Date.UTC(2025, 0, 1), true, 'UTC')).toBe('00:00:00');
  });

  it('give the exact time as ISO', () => {
    expect(iso(NOW)).toBe('2025-06-09T16:00:00.000Z');
  });
});

describe('duration', () => {
  it.each([
    [-1, '0 s'],
    [0, '0 ms'],
    [850, '850 ms'],
    [42_000, '42 s'],
    [59_700, '1 min'],
    [308_000, '5 min 8 s'],
    [3 * HOUR + 20 * 60_000, '3 h 20 min'],
    [DAY - 10 * SECOND, '1 d'],
    [2 * DAY + 4 * HOUR, '2 d 4 h'],
  ])('%d ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});

describe('money', () => {
  it('knows currencies and their decimals', () => {
    expect(money('49.90', 'EUR')).toBe('€49.90');
    expect(money(1200, 'JPY')).toBe('JP¥1,200');
  });

  it('keeps digits that a number has no room for', () => {
    expect(money('39999999999999.99', 'EUR')).toBe('€39,999,999,999,999.99');
  });

  it('writes what is no currency behind the number', () => {
    expect(money('12', null)).toBe('12');
    expect(money('12.5', 'points')).toBe('12.5 points');
    expect(money('many', 'EUR')).toBe('many EUR');
    expect(money('', 'EUR')).toBe('EUR');
  });
});

describe('addresses', () => {
  it('show the path without its query', () => {
    expect(path('https://shop.example/pricing?utm_source=x')).toBe('/pricing');
    expect(path('https://shop.example/caf%C3%A9')).toBe('/café');
    expect(path('https://shop.example/#/app')).toBe('/#/app');
    expect(path('https://shop.example/%E0%A4%A')).toBe('/%E0%A4%A');
    expect(path('not a url')).toBe('not a url');
  });

  it('show the host', () => {
    expect(host('https://www.shop.example/pricing')).toBe('shop.example');
    expect(host('nowhere')).toBe('nowhere');
  });

  it('are linked only where that is safe', () => {
    expect(webAddress('https://shop.example/')).toBe('https://shop.example/');
    expect(webAddress('javascript:alert(1)')).toBeNull();
    expect(webAddress('data:text/html,x')).toBeNull();
    expect(webAddress(null)).toBeNull();
  });
});

describe('words', () => {
  it('count', () => {
    expect(plural(1, 'session')).toBe('1 session');
    expect(plural(1200, 'session')).toBe('1,200 sessions');
    expect(plural(0, 'entry', 'entries')).toBe('0 entries');
  });

  it('read names as people wrote them', () => {
    expect(humanize('plan_bought')).toBe('Plan bought');
    expect(humanize('Plan Bought')).toBe('Plan Bought');
    expect(humanize('planBought')).toBe('planBought');
    expect(humanize('__')).toBe('__');
  });

  it('keep a property on one line', () => {
    expect(propValue(['sso', 2])).toBe('["sso",2]');
    expect(propValue('team')).toBe('team');
    expect(propValue(null)).toBe('null');
    expect(propValue('x'.repeat(100), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('name countries', () => {
    expect(country('de')).toBe('Germany');
    expect(country('Germany')).toBe('Germany');
    expect(country('QX')).toBe('QX');
  });
});
