/**
 * The typed client of the collector's HTTP API. It owns paths, query strings and the reading of errors; it refuses to
 * keep state. A call resolves to the answer's shape or rejects with {@link ApiError}; an aborted one rejects with the
 * browser's `AbortError`.
 */
import { ApiError, readError } from './errors';
import type {
  Entry,
  Geo,
  Journey,
  JourneyDetail,
  List,
  Me,
  NewSite,
  PersonDetail,
  Site,
  SiteStages,
  VisitorFilters,
} from './types';

/** No read of the dashboard takes this long on purpose; beyond it a retry serves better than waiting on. */
const TIMEOUT_MS = 20_000;

type Query = Record<string, string | number | null | undefined>;

export interface ClientOptions {
  fetch: typeof fetch;
  /** Called for every 401 `unauthenticated`, before the call rejects. */
  onSignedOut?: () => void;
  timeoutMs?: number;
}

export interface Page {
  cursor?: string | null | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
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

  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const init: RequestInit = {
      method,
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
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
    me: () => get<Me>('/me'),
    setup: (body: { token: string; email: string; password: string }) => call<void>('POST', '/setup', body),
    login: (body: { email: string; password: string }) => call<void>('POST', '/login', body),
    logout: () => call<void>('POST', '/logout'),

    sites: () => get<{ data: Site[] }>('/sites').then((answer) => answer.data),
    createSite: (site: NewSite) => call<Site>('POST', '/sites', site),

    stages: (site: number, { signal }: Page = {}) => get<SiteStages>(`/sites/${site}/stages`, {}, signal),

    visitors: (site: number, filters: VisitorFilters, { cursor, limit, signal }: Page = {}) =>
      get<List<Journey>>('/visitors', { site, ...filters, cursor, limit }, signal),
    visitor: (site: number, id: string, { cursor, limit, signal }: Page = {}) =>
      get<JourneyDetail>(`/visitors/${encodeURIComponent(id)}`, { site, cursor, limit }, signal),
    person: (site: number, id: string, { cursor, limit, signal }: Page = {}) =>
      get<PersonDetail>(`/persons/${encodeURIComponent(id)}`, { site, cursor, limit }, signal),
    decideBot: (site: number, id: string, bot: boolean | null) =>
      call<Journey>('PUT', `/visitors/${encodeURIComponent(id)}/bot${queryString({ site })}`, { bot }),
    geo: () => get<Geo>('/geo'),
    events: (site: number, filters: { type?: string | undefined }, { cursor, limit, signal }: Page = {}) =>
      get<List<Entry>>('/events', { site, ...filters, cursor, limit }, signal),
  };
}

export type Client = ReturnType<typeof createClient>;

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
