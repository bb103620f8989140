/** Reads TopoJSON, whose borders are shared lines of whole steps, into GeoJSON. Pure. */

type Arcs = readonly (readonly number[])[];

interface TopoShape {
  type: string;
  /** Rings of a polygon, or polygons of many: places among the topology's lines, `~place` for one that is walked backwards. */
  arcs?: unknown;
  id?: string | number;
  properties?: { name?: string };
}

export interface Topology {
  transform: { scale: readonly number[]; translate: readonly number[] };
  arcs: readonly Arcs[];
  objects: Record<string, { geometries?: readonly TopoShape[] }>;
}

export interface Shape {
  type: 'Feature';
  id: string;
  properties: { name: string };
  geometry: { type: 'MultiPolygon'; coordinates: number[][][][] };
}

/** The areas of an object of the topology; what is no area is left out. */
export function areas(topology: Topology, object: string): Shape[] {
  const lines = topology.arcs.map((arc) => placed(arc, topology.transform));
  const ring = (arcs: readonly number[]) =>
    arcs.flatMap((arc, at) => {
      const line = arc < 0 ? [...(lines[~arc] ?? [])].reverse() : (lines[arc] ?? []);
      // A line begins where the one before ended.
      return at === 0 ? line : line.slice(1);
    });
  const polygon = (rings: number[][]) => rings.map((arcs) => unbroken(ring(arcs)));
  return (topology.objects[object]?.geometries ?? []).flatMap((shape): Shape[] => {
    if (shape.type !== 'Polygon' && shape.type !== 'MultiPolygon') return [];
    const polygons = shape.type === 'Polygon' ? [shape.arcs as number[][]] : (shape.arcs as number[][][]);
    return [
      {
        type: 'Feature',
        id: String(shape.id ?? ''),
        properties: { name: shape.properties?.name ?? '' },
        geometry: { type: 'MultiPolygon', coordinates: polygons.map(polygon) },
      },
    ];
  });
}

/** A ring across the antimeridian goes on beyond it, so that on a flat map it does not run back around the world. */
function unbroken(ring: number[][]): number[][] {
  let turns = 0;
  return ring.map(([x = 0, y = 0], at) => {
    const step = at === 0 ? 0 : x - (ring[at - 1]?.[0] ?? x);
    if (step > 180) turns -= 360;
    else if (step < -180) turns += 360;
    return [x + turns, y];
  });
}

/** Steps from point to point as degrees. */
function placed(arc: Arcs, { scale, translate }: Topology['transform']): number[][] {
  let [x, y] = [0, 0];
  return arc.map(([dx = 0, dy = 0]) => {
    x += dx;
    y += dy;
    return [x * (scale[0] ?? 1) + (translate[0] ?? 0), y * (scale[1] ?? 1) + (translate[1] ?? 0)];
  });
}
