/**
 * The typed client of the collector's HTTP API. It owns paths, query strings and the reading of errors; it refuses to
 * keep state. A call resolves to the answer's shape or rejects with {@link ApiError}; an aborted one rejects with the
 * browser's `AbortError`.
 */
import { ApiError, readError } from './errors';
import type { JourneyFilters, PersonFilters } from './filters';
import type { Calls } from './schema';
import type {
  ApiKey,
  Asked,
  ChannelTotals,
  Entry,
  Erasure,
  ErasureRequest,
  Geo,
  Invitation,
  Journey,
  JourneyDetail,
  List,
  MadeInvitation,
  ListedJourney,
  ListedPerson,
  LossFigures,
  Me,
  Member,
  NewKey,
  NewSite,
  PendingErasure,
  PersonDetail,
  Role,
  Revenue,
  RevenueDay,
  Site,
  SiteStages,
} from './types';

/** No read of the dashboard takes this long on purpose; beyond it a retry serves better than waiting on. */
const TIMEOUT_MS = 20_000;
/** A demo is some ten thousand rows, on a machine that may be small. */
const DEMO_MS = 180_000;

type Query = Record<string, string | number | boolean | null | undefined>;

export interface ClientOptions {
  fetch: typeof fetch;
  /** The token of a share link, which speaks for the caller in place of the cookie. */
  token?: string;
  /** Called for every 401 `unauthenticated`, before the call rejects. */
  onSignedOut?: () => void;
  timeoutMs?: number;
}

export interface Page {
  cursor?: string | null | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What a call of the description is made with: its path's parameters, its query, its body, as far as it has them. */
export type Given<N extends keyof Calls> = {
  query?: Partial<Calls[N]['query']>;
  signal?: AbortSignal | undefined;
} & (Calls[N]['path'] extends Record<string, never> ? { path?: undefined } : { path: Calls[N]['path'] }) &
  ([Calls[N]['body']] extends [never] ? { body?: undefined } : { body: Calls[N]['body'] });

/** Where a call goes, below `/api/v1`. */
export function addressOf(name: keyof Calls, path: Record<string, string | number> = {}, query: Query = {}): string {
  const pattern = name.slice(name.indexOf(' ') + 1);
  return pattern.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(path[key] ?? ''))) + queryString(query);
}

/** Leaves out what is absent or empty, so that a URL names only what narrows the answer. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function createClient(options: ClientOptions) {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;

  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, patience = timeoutMs): Promise<T> {
    const timeout = AbortSignal.timeout(patience);
    const init: RequestInit = {
      method,
      headers: { accept: 'application/json', ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }) },
      credentials: options.token === undefined ? 'same-origin' : 'omit',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    };
    if (body !== undefined) {
      init.headers = { ...init.headers, 'content-type': 'application/json' };
      init.body = JSON.stringify(body);
    }

    let response: Response;
    let text: string;
    try {
      response = await options.fetch(`/api/v1${path}`, init);
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      if (timeout.aborted) throw new ApiError(0, 'timeout', 'No answer in time.');
      throw new ApiError(0, 'unreachable', 'No connection.');
    }

    if (!response.ok) {
      const error = readError(response.status, text, response.headers.get('retry-after'));
      if (error.code === 'unauthenticated') options.onSignedOut?.();
      throw error;
    }
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError(response.status, 'not_json', 'The answer is not the collector’s.');
    }
  }

  const get = <T>(path: string, query: Query = {}, signal?: AbortSignal) =>
    call<T>('GET', path + queryString(query), undefined, signal);

  return {
    /** Any call, by its name in the API's description. */
    request: <N extends keyof Calls>(name: N, given: Given<N>) =>
      call<Calls[N]['answer']>(
        name.slice(0, name.indexOf(' ')),
        addressOf(name, given.path as Record<string, string | number> | undefined, given.query as Query | undefined),
        given.body,
        given.signal,
      ),
    me: () => get<Me>('/me'),
    setup: (body: { token: string; email: string; password: string }) => call<void>('POST', '/setup', body),
    login: (body: { email: string; password: string }) => call<void>('POST', '/login', body),
    logout: () => call<void>('POST', '/logout'),

    sites: () => get<{ data: Site[] }>('/sites').then((answer) => answer.data),
    createSite: (site: NewSite) => call<Site>('POST', '/sites', site),
    /** A site of which everything is made up. It is filled before the answer, which takes some seconds. */
    createDemo: (demo: { workspace?: number | undefined; time_zone?: string }) => call<Site>('POST', '/sites/demo', demo, undefined, DEMO_MS),
    removeDemo: (id: number) => call<void>('DELETE', `/sites/${id}`, undefined, undefined, DEMO_MS),

    members: (workspace: number) => get<{ data: Member[] }>(`/workspaces/${workspace}/members`).then((answer) => answer.data),
    changeMember: (workspace: number, member: number, role: Role) =>
      call<void>('PATCH', `/workspaces/${workspace}/members/${member}`, { role }),
    removeMember: (workspace: number, member: number) => call<void>('DELETE', `/workspaces/${workspace}/members/${member}`),
    invitations: (workspace: number) =>
      get<{ data: Invitation[] }>(`/workspaces/${workspace}/invitations`).then((answer) => answer.data),
    invite: (workspace: number, guest: { email: string; role: Role }) =>
      call<MadeInvitation>('POST', `/workspaces/${workspace}/invitations`, guest),
    revokeInvitation: (workspace: number, id: string) => call<void>('DELETE', `/workspaces/${workspace}/invitations/${id}`),
    invited: (token: string) => call<Asked>('POST', '/invitations/look', { token }),
    accept: (body: { token: string; password?: string }) => call<void>('POST', '/invitations/accept', body),

    keys: (workspace: number) => get<{ data: ApiKey[] }>('/keys', { workspace }).then((answer) => answer.data),
    createKey: (key: NewKey) => call<ApiKey & { secret: string }>('POST', '/keys', key),
    revokeKey: (id: number) => call<void>('DELETE', `/keys/${id}`),

    stages: (site: number, { signal }: Page = {}) => get<SiteStages>(`/sites/${site}/stages`, {}, signal),

    visitors: (site: number, filters: JourneyFilters, { cursor, limit, signal }: Page = {}) =>
      get<List<ListedJourney>>('/visitors', { site, ...filters, cursor, limit }, signal),
    visitor: (site: number, id: string, { cursor, limit, signal }: Page = {}) =>
      get<JourneyDetail>(`/visitors/${encodeURIComponent(id)}`, { site, cursor, limit }, signal),
    persons: (site: number, filters: PersonFilters, { cursor, limit, signal }: Page = {}) =>
      get<List<ListedPerson>>('/persons', { site, ...filters, cursor, limit }, signal),
    person: (site: number, id: string, { cursor, limit, signal }: Page = {}) =>
      get<PersonDetail>(`/persons/${encodeURIComponent(id)}`, { site, cursor, limit }, signal),
    /** Where everything of a person is read from, as a file. */
    exportHref: (site: number, id: string) => `/api/v1/persons/${encodeURIComponent(id)}/export${queryString({ site })}`,
    erase: (site: number, id: string, request: ErasureRequest) =>
      call<Erasure>('POST', `/persons/${encodeURIComponent(id)}/erase${queryString({ site })}`, request),
    erasures: (site: number, { signal }: Page = {}) =>
      get<{ data: PendingErasure[] }>('/erasures', { site }, signal).then((answer) => answer.data),
    restoreErasure: (site: number, id: string) =>
      call<PendingErasure>('POST', `/erasures/${encodeURIComponent(id)}/restore${queryString({ site })}`, {}),
    decideBot: (site: number, id: string, bot: boolean | null) =>
      call<Journey>('PUT', `/visitors/${encodeURIComponent(id)}/bot${queryString({ site })}`, { bot }),
    revenue: (site: number) => get<{ time_zone: string; data: RevenueDay[]; total: Revenue }>('/revenue', { site }),
    loss: (site: number) => get<{ time_zone: string; total: LossFigures }>('/loss', { site }),
    channels: (site: number) => get<{ data: ChannelTotals[] }>('/interactions/channels', { site }).then((answer) => answer.data),
    geo: () => get<Geo>('/geo'),
    events: (site: number, filters: { type?: string | undefined }, { cursor, limit, signal }: Page = {}) =>
      get<List<Entry>>('/events', { site, ...filters, cursor, limit }, signal),
  };
}

export type Client = ReturnType<typeof createClient>;

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
