/**
 * A visitor's picture: four tiles in a square, each one of a few shapes in one of four turns, in a hue. All of it
 * follows from the id, so it is the same on every screen and after every reload.
 */

export const SHAPES = ['quarter', 'leaf', 'dot', 'wedge'] as const;
export type Shape = (typeof SHAPES)[number];

export interface Glyph {
  /** Degrees on the colour wheel. */
  hue: number;
  /** Left to right, top to bottom. */
  tiles: { shape: Shape; turn: 0 | 90 | 180 | 270; strong: boolean }[];
}

export function glyph(id: string): Glyph {
  const next = numbers(id);
  const hue = (next() % 24) * 15;
  const tiles = Array.from({ length: 4 }, () => {
    const bits = next();
    return {
      shape: SHAPES[bits % SHAPES.length] ?? 'quarter',
      turn: (((bits >>> 8) % 4) * 90) as 0 | 90 | 180 | 270,
      strong: (bits >>> 16) % 2 === 0,
    };
  });
  return { hue, tiles };
}

/** FNV-1a over the text as the seed of mulberry32: even enough for pictures, and nothing else hangs on it. */
function numbers(text: string): () => number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
