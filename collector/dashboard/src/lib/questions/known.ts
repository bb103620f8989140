/** The pages, events and milestones that there are in the days that are asked about, the most frequent first. */
import { api } from '../api';
import { asked } from './asked.svelte';
import type { StepKind } from './steps';

const MOST = 200;

export interface KnownThing {
  name: string;
  /** How often; `null` for a milestone that the site defines and nothing has reached in these days. */
  count: number | null;
}

/** Conditions that hold now are not asked: what they leave out can be looked for as well. */
export async function knownThings(kind: StepKind, signal: AbortSignal): Promise<KnownThing[]> {
  const common = asked.parameters;
  if (common === null) return [];
  const { site, from, to, bots } = common;
  const query = { site, from, to, ...(bots ? { bots } : {}), limit: MOST };
  if (kind === 'page') {
    const answer = await api.request('GET /analytics/pages', { query, signal });
    const byPath = new Map<string, number>();
    for (const { path, views } of answer.data.rows) if (path != null) byPath.set(path, (byPath.get(path) ?? 0) + views);
    return [...byPath].map(([name, count]) => ({ name, count }));
  }
  const [answer, stages] = await Promise.all([
    api.request('GET /analytics/events', { query, signal }),
    kind === 'milestone' ? api.request('GET /sites/{id}/stages', { path: { id: site }, signal }) : null,
  ]);
  const seen = answer.data.rows.filter((row) => row.kind === kind && row.name != null).map((row) => ({ name: row.name ?? '', count: row.count }));
  const defined = (stages?.document.milestones ?? []).map(({ name }) => name).filter((name) => !seen.some((one) => one.name === name));
  return [...seen, ...defined.map((name) => ({ name, count: null }))];
}
