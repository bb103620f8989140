/** What of a person's conversions each of their touches is given: read from the answers about one user. Pure. */
import type { Schemas } from '../../lib/api';

export interface Credit {
  /** When the touch was, which is when its session began. */
  at: number;
  conversionAt: number;
  /** From 0 to 1. */
  weight: number;
  /** What the conversion is worth as a whole. */
  value: string | null;
}

/** The credits of touches by the moment at which each was. */
export function creditsOf(touches: readonly Schemas['AttributionTouch'][]): Map<number, Credit[]> {
  const byMoment = new Map<number, Credit[]>();
  for (const touch of touches) {
    const credit = { at: touch.at, conversionAt: touch.conversion_at, weight: touch.weight, value: touch.value ?? null };
    byMoment.set(touch.at, [...(byMoment.get(touch.at) ?? []), credit]);
  }
  return byMoment;
}

/** What a touch was given in all: conversions, and what they are worth where any of them has a value. */
export function sumOf(credits: readonly Credit[]): { conversions: number; value: number | null } {
  const valued = credits.filter((one) => one.value !== null);
  return {
    conversions: credits.reduce((sum, one) => sum + one.weight, 0),
    value: valued.length === 0 ? null : valued.reduce((sum, one) => sum + one.weight * Number(one.value), 0),
  };
}
