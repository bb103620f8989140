/** What somebody did by browser and by channel, along one line of time. Pure. */
import type { Entry, PersonVisitor, Session } from '../api/types';
import { humanize } from '../format/value';

export interface Mark {
  /** Tells marks of a lane apart. */
  key: string;
  at: number;
  /** Where it stands, from 0 to 1. */
  place: number;
  /** A session's id; `null` for what passed outside of any. */
  session: string | null;
  /** From 0 to 1: how much happened in it, of the most that did in one. */
  weight: number;
}

export interface Lane {
  key: string;
  /** A browser; `null` for a channel. */
  visitor: PersonVisitor | null;
  label: string;
  about: string;
  marks: Mark[];
}

export interface Lanes {
  from: number;
  to: number;
  lanes: Lane[];
}

/** `Firefox on Linux, desktop`; what is unknown is left out. */
export function sayDevice(device: { type: string | null; browser: string | null; os: string | null } | null): string {
  if (device === null) return '';
  const program = [device.browser, device.os].filter((part) => part !== null).join(' on ');
  return [program, device.type].filter((part) => part).join(', ');
}

/** Browsers in the order they were seen first, then channels; those in which nothing is known are left out. */
export function lanesOf(visitors: readonly PersonVisitor[], sessions: readonly Session[], entries: readonly Entry[], first: number, last: number): Lanes {
  const contacts = entries.filter((entry) => entry.interaction !== null);
  const times = [...sessions.map((session) => session.started_at), ...contacts.map((entry) => entry.at)];
  const from = Math.min(first, ...times);
  const to = Math.max(last, ...times);
  const place = (at: number) => (to === from ? 0.5 : (at - from) / (to - from));
  const did = (session: Session) => session.page_views + session.events;
  const most = Math.max(1, ...sessions.map(did));

  const lanes: Lane[] = [...visitors]
    .sort((one, other) => one.first_seen - other.first_seen)
    .map((visitor) => ({
      key: visitor.visitor_id,
      visitor,
      label: visitor.name,
      about: sayDevice(visitor.device),
      marks: sessions
        .filter((session) => session.visitor_id === visitor.visitor_id)
        .map((session) => ({ key: session.session_id, at: session.started_at, place: place(session.started_at), session: session.session_id, weight: did(session) / most })),
    }));
  const channels = new Map<string, Mark[]>();
  for (const entry of contacts) {
    const channel = entry.interaction?.channel ?? '';
    const marks = channels.get(channel) ?? [];
    marks.push({ key: entry.id, at: entry.at, place: place(entry.at), session: null, weight: 0 });
    channels.set(channel, marks);
  }
  for (const [channel, marks] of [...channels].sort()) {
    lanes.push({ key: `channel ${channel}`, visitor: null, label: channel === 'sms' ? 'SMS' : humanize(channel), about: '', marks });
  }
  return { from, to, lanes: lanes.filter((lane) => lane.marks.length > 0) };
}
