/** The latest sessions of some days, as many as a look needs: of how many Google Analytics' ids were captured. */
import { api } from '../../lib/api';

const PAGE = 500;
const PAGES = 4;

export interface SampledSession {
  at: number;
  ga: boolean;
}

export interface Sampled {
  sessions: SampledSession[];
  /** Whether there are earlier ones in the days. */
  cut: boolean;
}

export async function sampleSessions(query: { site: number; from: string; to: string }, signal: AbortSignal): Promise<Sampled> {
  const sessions: SampledSession[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const asked: { site: number; from: string; to: string; limit: number; cursor?: string } = { ...query, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    const answer = await api.request('GET /sessions', { query: asked, signal });
    sessions.push(...answer.data.map((row) => ({ at: row.started_at, ga: row.ga.client_id != null })));
    cursor = answer.next_cursor ?? null;
    if (cursor === null) break;
  }
  return { sessions, cut: cursor !== null };
}
