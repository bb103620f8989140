import { describe, expect, it } from 'vitest';
import world from 'world-atlas/countries-110m.json';
import { countryOf } from './countries';
import { areas, type Topology } from './topology';
import { naturalEarth } from './worldMap';

const shapes = areas(world as unknown as Topology, 'countries');
const of = (code: string) => shapes.find((shape) => countryOf(shape.id) === code);

describe('the map', () => {
  it('has rings that end where they began, on the globe', () => {
    expect(shapes.length).toBeGreaterThan(170);
    for (const { id, geometry } of shapes) {
      // It lies about a pole, and is not on the map.
      if (countryOf(id) === 'AQ') continue;
      for (const ring of geometry.coordinates.flat()) {
        expect(ring.at(-1)).toEqual(ring[0]);
        for (const [x = NaN, y = NaN] of ring) {
          expect(Math.abs(x)).toBeLessThanOrEqual(200);
          expect(Math.abs(y)).toBeLessThanOrEqual(90.001);
        }
        // None runs around the world.
        const longitudes = ring.map(([x = NaN]) => x);
        expect(longitudes.every((x, at) => at === 0 || Math.abs(x - (longitudes[at - 1] ?? x)) < 90)).toBe(true);
      }
    }
  });

  it('has countries where they are', () => {
    const points = of('DE')?.geometry.coordinates.flat(2) ?? [];
    expect(points.length).toBeGreaterThan(10);
    for (const [x = NaN, y = NaN] of points) {
      expect(x).toBeGreaterThan(5);
      expect(x).toBeLessThan(16);
      expect(y).toBeGreaterThan(46);
      expect(y).toBeLessThan(56);
    }
    expect(of('FR')).toBeDefined();
    expect(of('XX')).toBeUndefined();
  });

  it('is the same on both sides of the equator and the meridian', () => {
    const [x, y] = naturalEarth([30, 40]);
    const [west, south] = naturalEarth([-30, -40]);
    expect(x).toBeCloseTo(-west, 12);
    expect(y).toBeCloseTo(-south, 12);
    expect(naturalEarth([0, 0])[0]).toBe(0);
    // The width at the equator, and up is up.
    expect(naturalEarth([180, 0])[0]).toBeCloseTo(0.8707 * Math.PI, 10);
    expect(naturalEarth([0, 60])[1]).toBeLessThan(naturalEarth([0, 50])[1]);
  });
});
