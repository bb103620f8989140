/** What can go wrong between the dashboard and the collector, and how to say it to a person. */

/** Codes that the client itself gives, where no answer of the API carries one. */
export type LocalCode = 'unreachable' | 'timeout' | 'not_json';

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** HTTP status, or 0 when there was no answer. */
    readonly status: number,
    /** The API's stable code, or a {@link LocalCode}. */
    readonly code: string,
    message: string,
    /** The field of the request that the message is about. */
    readonly field: string | null = null,
    /** Seconds to wait, from `Retry-After`. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** Reads an error answer, whoever wrote it: a proxy in between answers with HTML of its own. */
export function readError(status: number, body: string, retryAfter: string | null): ApiError {
  const seconds = retryAfter === null ? null : Number.parseInt(retryAfter, 10);
  const wait = seconds !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = null;
  }
  const error = (parsed as { error?: { code?: unknown; message?: unknown; field?: unknown } } | null)?.error;
  if (typeof error?.code === 'string') {
    return new ApiError(
      status,
      error.code,
      typeof error.message === 'string' ? error.message : '',
      typeof error.field === 'string' ? error.field : null,
      wait,
    );
  }
  return new ApiError(status, 'not_json', `The server answered with status ${status}.`, null, wait);
}

export interface Explanation {
  title: string;
  detail: string;
}

/** A sentence for people, and what they can do. Falls back on the API's own message. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiError)) {
    return { title: 'Something went wrong here', detail: 'Reload the page. If it happens again, the browser’s console tells more.' };
  }
  switch (error.code) {
    case 'unreachable':
      return { title: 'The collector cannot be reached', detail: 'Check that it runs and that you are online.' };
    case 'timeout':
      return { title: 'The collector took too long', detail: 'It may be busy. Try again in a moment.' };
    case 'wrong_credentials':
      return { title: 'E-mail and password do not match', detail: 'Check both and try again.' };
    case 'share_ended':
      return { title: 'This link is good for nothing any more', detail: error.message };
    case 'setup_done':
      return { title: 'This set-up link has been used or is too old', detail: 'Sign in with the e-mail and password chosen then.' };
    case 'invitation_used':
      return { title: 'This invitation has been accepted', detail: 'Sign in with the password chosen then.' };
    case 'invitation_expired':
    case 'wrong_token':
      return { title: 'This link does not hold any more', detail: 'Ask whoever sent it for another one.' };
    case 'last_owner':
      return { title: 'Nobody else owns this workspace', detail: 'Make somebody else an owner first.' };
    case 'throttled':
      return {
        title: 'Too many attempts',
        detail: error.retryAfter === null ? 'Wait a little, then try again.' : `Try again in ${waiting(error.retryAfter)}.`,
      };
    case 'cross_site':
      return { title: 'This address is not the collector’s own', detail: 'Open the dashboard at the address the collector is configured with.' };
    case 'not_found':
      return { title: 'Not found', detail: error.message || 'It does not exist, or this login may not see it.' };
  }
  if (error.status === 429) return explain(new ApiError(429, 'throttled', error.message, null, error.retryAfter));
  if (error.status >= 500) {
    return { title: 'The collector has a problem', detail: 'Its log tells more. Try again in a moment.' };
  }
  return { title: 'That did not work', detail: error.message || `The server answered with status ${error.status}.` };
}

function waiting(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, seconds)} second${seconds === 1 ? '' : 's'}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
