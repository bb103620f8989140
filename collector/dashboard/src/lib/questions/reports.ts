/** Questions that were kept, as parameters of the API: whether what is asked now is one of them. Pure. */

export type Parameters = Record<string, unknown>;

/** Parameters by their names, without those that say nothing, so that two that ask the same are the same text. */
export function writeParameters(parameters: Parameters): string {
  const told = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return JSON.stringify(told.sort(([one], [other]) => (one < other ? -1 : 1)));
}

export const asksTheSame = (one: Parameters, other: Parameters) => writeParameters(one) === writeParameters(other);

/** A parameter that is a text; `null` for what is none. */
export function textOf(parameters: Parameters, name: string): string | null {
  const value = parameters[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** A parameter that is JSON, as a text or as it is; `null` for what cannot be read. */
export function jsonOf(parameters: Parameters, name: string): unknown {
  const value = parameters[name];
  if (typeof value !== 'string') return value ?? null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}
