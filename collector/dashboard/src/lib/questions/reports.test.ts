import { describe, expect, it } from 'vitest';
import { daysAddress, isBare, isKeptByPage, pageOf, plainAddress } from './reports';

describe('a link to a report', () => {
  it('is one where the address asks nothing else', () => {
    expect(isBare(new URLSearchParams('report=a&site=2&from=2026-01-01&to=2026-01-31'))).toBe(true);
    expect(isBare(new URLSearchParams('report=a&by=source'))).toBe(false);
    expect(isBare(new URLSearchParams('report=a&f=country.is.DE'))).toBe(false);
  });

  it('has the days it was kept with where the address says none', () => {
    const days = { from: '2026-01-01', to: '2026-01-31' };
    expect(daysAddress(days, new URLSearchParams('report=a'))).toEqual(days);
    expect(daysAddress(days, new URLSearchParams('report=a&range=7d'))).toEqual({});
    expect(daysAddress({ from: '2026-01-01' }, new URLSearchParams('report=a'))).toEqual({});
  });

  it('leads to the page that asks the same', () => {
    expect(pageOf('/api/v1/analytics/overview')).toBe('/');
    expect(pageOf('/api/v1/analytics/funnel')).toBe('/funnels');
    expect(pageOf('/api/v1/analytics/sources')).toBe('/sources');
    expect(isKeptByPage('/api/v1/analytics/funnel')).toBe(true);
    expect(isKeptByPage('/api/v1/analytics/sources')).toBe(false);
  });

  it('has the parameters as the page reads them', () => {
    const asked = plainAddress({ by: 'campaign', conversion: 'orders', lookback: 60, intervals: true, filters: '[{"dimension":"country","op":"is","values":["DE"]}]' });
    expect(asked).toMatchObject({ by: 'campaign', for: 'orders', lookback: '60', intervals: 'on', f: ['country.is.DE'], segment: null });
  });
});
