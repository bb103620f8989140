import { describe, expect, it } from 'vitest';
import { difference, foldSteps, given, idOf, interval, leader, pathsBy, readCharted, readModels, sayExact, sayKey, USUAL_MODELS, writeModels, type AttributionRow, type Path } from './models';

const share = (conversions: string, value: string | null = null) => ({ conversions, value, share: 0.25 });
const row = (key: string | null, models: AttributionRow['models'], rest = false): AttributionRow => ({ key, rest, touchpoints: 1, models });

const brand = row('brand', { first: share('2', '10.50'), last: share('4', '30.00'), linear: share('3', '20.25') });
const harvest = row('harvest', { first: share('3', '12.00'), last: share('1', '5.00'), linear: share('2', '8.00') });
const none = row(null, { first: share('9', '90.00'), last: share('9', '90.00'), linear: share('9', '90.00') });

describe('models in the address', () => {
  it('come in their order, each once, and as usual where none is known', () => {
    expect(readModels('linear,first,linear,x', USUAL_MODELS)).toEqual(['first', 'linear']);
    expect(readModels('x', USUAL_MODELS)).toEqual(USUAL_MODELS);
    expect(writeModels(readModels(null, USUAL_MODELS), USUAL_MODELS)).toBeNull();
    expect(writeModels(['first'], USUAL_MODELS)).toBe('first');
  });

  it('keep their place in the chart', () => {
    expect(readCharted('shapley,,x')).toEqual(['shapley', 'last', 'linear']);
  });
});

describe('what models give', () => {
  it('is read by measure, and is nothing where a model was not solved', () => {
    expect(given(brand, 'linear', 'revenue')).toBe(20.25);
    expect(given(brand, 'linear', 'conversions')).toBe(3);
    expect(given(brand, 'markov_1', 'revenue')).toBeNull();
    expect(given(row('x', { first: share('1') }), 'first', 'revenue')).toBeNull();
  });

  it('differs by the most less the least', () => {
    expect(difference(brand, ['first', 'last', 'linear'], 'revenue')).toEqual({ by: 19.5, most: 'last', least: 'first' });
    expect(difference(brand, ['first'], 'revenue')).toBeNull();
  });

  it('has a leader that has a name', () => {
    const rows = [none, brand, harvest, row(null, { first: share('99', '99') }, true)];
    expect(leader(rows, 'first', 'revenue')).toBe(harvest);
    expect(leader(rows, 'last', 'revenue')).toBe(brand);
    expect(leader(rows, 'markov_1', 'revenue')).toBeNull();
  });

  it('has an interval where one was drawn', () => {
    const drawn = row('x', { first: { ...share('1', '2'), value_low: '1', value_high: '3.5', conversions_low: '0', conversions_high: '2' } });
    expect(interval(drawn, 'first', 'revenue')).toEqual([1, 3.5]);
    expect(interval(brand, 'first', 'revenue')).toBeNull();
    expect(sayExact(drawn, 'first', 'EUR')).toBe('€2.00 (€1.00 to €3.50), 1 conversions (0 to 2), 25 % of all');
  });
});

describe('rows', () => {
  it('are called by what they are', () => {
    expect(sayKey(brand, 'campaign')).toBe('brand');
    expect(sayKey(none, 'campaign')).toBe('No campaign');
    expect(sayKey(none, 'channel')).toBe('Unknown');
    expect(sayKey(row(null, {}, true), 'channel')).toBe('All others');
    expect([none, brand, row(null, {}, true)].map(idOf)).toEqual(['~', 'brand', '~rest']);
  });
});

describe('paths', () => {
  const path = (steps: (string | null)[], conversions: number): Path => ({ path: steps, conversions, not_converted: 0, value: null, mean_ms: null });
  it('are those that lead by a key', () => {
    expect(pathsBy([path(['a'], 1), path([null, 'a'], 3), path(['b', null], 2)], null).map((one) => one.conversions)).toEqual([3, 2]);
  });
  it('fold what comes again at once', () => {
    expect(foldSteps(['a', 'a', null, 'a'])).toEqual([{ key: 'a', times: 2 }, { key: null, times: 1 }, { key: 'a', times: 1 }]);
  });
});
