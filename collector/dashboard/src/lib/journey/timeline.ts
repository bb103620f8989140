/** One journey's entries, grouped by session: what the timeline draws. */
import type { Entry, Session } from '../api/types';

export interface Group {
  /** Tells groups apart. */
  key: string;
  /** The session's id, or `null` for entries that came outside any, such as from a server. */
  sessionId: string | null;
  /** Counts from 1 for the earliest session; `null` outside a session. */
  number: number | null;
  startedAt: number;
  endedAt: number;
  /** What the collector knows of the session; `null` if its answer left it out. */
  session: Session | null;
  pageViews: number;
  /** Milliseconds during which the pages were visible; `null` if no page has told. */
  visibleMs: number | null;
  /** Latest first. */
  entries: Entry[];
}

/**
 * Groups come latest first, by their start. Entries outside of a session stand together as long as no session begins between
 * them. A session whose entries are not loaded has no group of its own. Figures
 * come from the session, and count at least what is there to be seen: a live entry is there before its session's sums.
 *
 * @param entries latest first
 * @param totalSessions how many the journey has in all, so that numbers are right when only the latest are loaded
 */
export function groupBySession(entries: readonly Entry[], sessions: readonly Session[], totalSessions = 0): Group[] {
  const known = new Map(sessions.map((session) => [session.session_id, session]));
  const bySession = new Map<string, Entry[]>();
  const outside: Entry[] = [];
  for (const entry of entries) {
    if (entry.session_id === null) {
      outside.push(entry);
      continue;
    }
    const list = bySession.get(entry.session_id);
    if (list) list.push(entry);
    else bySession.set(entry.session_id, [entry]);
  }

  const group = (key: string, sessionId: string | null, list: Entry[]): Group => {
    const session = sessionId === null ? null : (known.get(sessionId) ?? null);
    const times = list.map((entry) => entry.at);
    const pages = list.filter((entry) => entry.type === 'page_view');
    const told = pages.map((entry) => entry.visible_ms).filter((ms) => ms !== null);
    const seen = told.length === 0 ? null : told.reduce((sum, ms) => sum + ms, 0);
    return {
      key,
      sessionId,
      number: null,
      session,
      startedAt: Math.min(session?.started_at ?? Infinity, ...times),
      endedAt: Math.max(session?.last_activity_at ?? -Infinity, ...times),
      pageViews: Math.max(session?.page_views ?? 0, pages.length),
      visibleMs: session?.visible_ms == null ? seen : Math.max(session.visible_ms, seen ?? 0),
      entries: list,
    };
  };
  const numbered = [...bySession].map(([sessionId, list]) => group(sessionId, sessionId, list));
  numbered.sort((a, b) => b.startedAt - a.startedAt);
  const between = new Map<number, Entry[]>();
  for (const entry of outside) {
    const later = numbered.filter((one) => one.startedAt > entry.at).length;
    const list = between.get(later);
    if (list) list.push(entry);
    else between.set(later, [entry]);
  }
  const groups = [...numbered, ...[...between].map(([later, list]) => group(`outside-${numbered[later]?.key ?? ''}`, null, list))];
  groups.sort((a, b) => b.startedAt - a.startedAt);

  const count = Math.max(totalSessions, sessions.length, numbered.length);
  for (const [index, one] of numbered.entries()) one.number = count - index;
  return groups;
}
