/**
 * What the core and storage say of visitor, session, touches and queue, for the panel to show.
 *
 * Owns reading the texts that the core writes: `Engine::state` (`browser/engine.rs`) and the keys of storage
 * (`browser/storage.rs`, `docs/privacy.md`). Changes none of them. What is not known is absent.
 */

import type { Core } from '../engine.js';
import type { Context, Touch } from '../wire.js';

/** The core's state at one moment. */
export interface State {
  visitor?: string;
  session?: string;
  started?: number;
  active?: number;
  user?: string;
  tab?: string;
  queued: number;
  dropped: number;
  consent?: string;
  ga?: string;
}

/** An item that waits for an answer, as it stands in storage. */
export interface Waiting {
  id: string;
  type: string;
  at: number;
  data: Record<string, unknown>;
}

/** Leaves out what is empty. */
const known = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== undefined)) as T;

/** Reads `Engine::state`: fields separated by zeros, the first of which is itself a text with spaces. */
export function read(text: string): State {
  const [record = '', tab = '', queued, dropped, , consent = '', ga = ''] = text.split('\0');
  const [visitor = '', session = '', started, active, , ...user] = record.split(' ');
  return known({
    visitor,
    session,
    started: Number(started) || undefined,
    active: Number(active) || undefined,
    user: user.join(' '),
    tab,
    queued: Number(queued) || 0,
    dropped: Number(dropped) || 0,
    consent,
    ga,
  } as State);
}

/** The entries of storage under `prefix`; none where it is refused. */
function stored(prefix: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => localStorage.getItem(key) ?? '');
  } catch {
    return [];
  }
}

function parse<T>(json: string): T | undefined {
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}

/** Items in storage that wait for an answer, of all tabs, the oldest first. */
export function queue(): Waiting[] {
  return stored('wm_q.')
    .flatMap((text) => parse<Waiting>(text.slice(text.indexOf(' ') + 1)) ?? [])
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** A touch from storage, which keeps whose it is, when, the URL and the page before. */
function touch(core: Core, key: string, owner: string | undefined): Touch | undefined {
  let text = core.memory[key];
  try {
    text ??= localStorage.getItem(key) ?? '';
  } catch {
    text = '';
  }
  const [whose, at, url = '', referrer = ''] = (text ?? '').split(' ');
  if (!owner || whose != owner) return undefined;
  let query: URLSearchParams | undefined;
  try {
    query = new URL(url).searchParams;
  } catch {
    // An address that is none says nothing more.
  }
  const utm = (name: string) => query?.get(`utm_${name}`) ?? '';
  return known({
    at: Number(at),
    landing_url: url,
    referrer,
    source: utm('source'),
    medium: utm('medium'),
    campaign: utm('campaign'),
    term: utm('term'),
    content: utm('content'),
  });
}

/** How the visitor came: for the first time, and to this session. The latest batch says more than storage, if it is theirs. */
export function touches(core: Core, state: State, context: Context | undefined): { first?: Touch; last?: Touch } {
  const own = context?.visitor_id == state.visitor ? context : undefined;
  const same = own?.session.id == state.session ? own : undefined;
  const first = own?.first_touch ?? touch(core, 'wm_f', state.visitor);
  const last = same?.touch ?? touch(core, 'wm_t', state.session);
  return { ...(first && { first }), ...(last && { last }) };
}
