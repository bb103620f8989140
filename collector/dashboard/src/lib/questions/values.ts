/** The values that a dimension has in the days that are asked about, the most frequent first. */
import { api } from '../api';
import { asked } from './asked.svelte';
import { isProperty, type Field } from './dimensions';

const MOST = 200;

export interface KnownValue {
  value: string | null;
  /** Sessions with it; of pages and events how often. */
  count: number;
}

/** Conditions that hold now are not asked: another value of the same dimension has to be on offer. */
export async function valuesOf(dimension: Field, signal: AbortSignal): Promise<KnownValue[]> {
  const common = asked.parameters;
  if (common === null) return [];
  const { site, from, to, bots } = common;
  const query = { site, from, to, ...(bots ? { bots } : {}), limit: MOST };
  if (dimension === 'page') {
    const answer = await api.request('GET /analytics/pages', { query, signal });
    const byPath = new Map<string | null, number>();
    for (const row of answer.data.rows) byPath.set(row.path ?? null, (byPath.get(row.path ?? null) ?? 0) + row.views);
    return [...byPath].map(([value, count]) => ({ value, count }));
  }
  if (dimension === 'event') {
    const answer = await api.request('GET /analytics/events', { query, signal });
    return answer.data.rows.map((row) => ({ value: row.name ?? null, count: row.count }));
  }
  if (isProperty(dimension)) {
    const answer = await api.request('GET /analytics/events', { query: { ...query, breakdown: dimension }, signal });
    const byValue = new Map<string | null, number>();
    for (const row of answer.data.rows) {
      const value = row.by?.[dimension] ?? null;
      byValue.set(value, (byValue.get(value) ?? 0) + row.count);
    }
    return [...byValue].map(([value, count]) => ({ value, count }));
  }
  const answer = await api.request('GET /analytics/sources', { query: { ...query, by: dimension }, signal });
  return answer.data.rows.map((row) => ({ value: row.by?.[dimension] ?? null, count: row.sessions }));
}
