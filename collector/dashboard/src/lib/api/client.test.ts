import { describe, expect, it } from 'vitest';
import { createClient, isAbort, queryString } from './client';
import { ApiError, explain } from './errors';

/** A client whose every call gets this answer, and the requests it made. */
function answering(answer: () => Response | Promise<Response>, extra: { timeoutMs?: number } = {}) {
  const requests: { url: string; init: RequestInit }[] = [];
  let signedOut = 0;
  const client = createClient({
    fetch: async (input, init) => {
      requests.push({ url: String(input), init: init ?? {} });
      return answer();
    },
    onSignedOut: () => (signedOut += 1),
    ...extra,
  });
  return { client, requests, signedOut: () => signedOut };
}

const failure = async (call: Promise<unknown>): Promise<ApiError> => {
  const error = await call.then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

const error = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ error: { code, message: 'A sentence.', ...more } }), { status, headers });

describe('queryString', () => {
  it('names only what narrows the answer', () => {
    expect(queryString({ site: 1, q: '', stage: undefined, cursor: null })).toBe('?site=1');
    expect(queryString({})).toBe('');
  });

  it('escapes values', () => {
    expect(queryString({ q: 'a&b=c d' })).toBe('?q=a%26b%3Dc+d');
  });
});

describe('requests', () => {
  it('asks for a person by an id of theirs, whatever is in it', async () => {
    const { client, requests } = answering(() => Response.json({}));
    await client.person(3, 'user:a/b', { cursor: 'abc' });
    expect(requests[0]?.url).toBe('/api/v1/persons/user%3Aa%2Fb?site=3&cursor=abc');
  });

  it('asks for visitors of a site with the filters given', async () => {
    const { client, requests } = answering(() => Response.json({ data: [], next_cursor: null }));
    await client.visitors(3, { stage: 'qualified', q: '' }, { cursor: 'abc', limit: 20 });
    expect(requests[0]?.url).toBe('/api/v1/visitors?site=3&stage=qualified&cursor=abc&limit=20');
    expect(requests[0]?.init.method).toBe('GET');
  });

  it('asks for the stages of a site', async () => {
    const { client, requests } = answering(() => Response.json({ version: 0, document: { stages: [] } }));
    await client.stages(3);
    expect(requests[0]?.url).toBe('/api/v1/sites/3/stages');
  });

  it('sends JSON and takes an empty answer', async () => {
    const { client, requests } = answering(() => new Response(null, { status: 204 }));
    await expect(client.login({ email: 'a@b.example', password: 'secret' })).resolves.toBeUndefined();
    expect(requests[0]?.init.body).toBe('{"email":"a@b.example","password":"secret"}');
  });

  it('says who is a bot, and gives the word back to the rules', async () => {
    const { client, requests } = answering(() => Response.json({}));
    await client.decideBot(3, 'v1', false);
    await client.decideBot(3, 'v1', null);
    expect(requests.map(({ url, init }) => [init.method, url, init.body])).toEqual([
      ['PUT', '/api/v1/visitors/v1/bot?site=3', '{"bot":false}'],
      ['PUT', '/api/v1/visitors/v1/bot?site=3', '{"bot":null}'],
    ]);
  });

  it('keeps a visitor id within its path segment', async () => {
    const { client, requests } = answering(() => Response.json({}));
    await client.visitor(1, '../sites?x');
    expect(requests[0]?.url).toBe('/api/v1/visitors/..%2Fsites%3Fx?site=1');
  });
});

describe('errors', () => {
  it('carry the code, message and field of the answer', async () => {
    const { client, signedOut } = answering(() => error(400, 'invalid_field', { field: 'origins' }));
    const caught = await failure(client.createSite({ name: '', origins: [] }));
    expect(caught).toMatchObject({ status: 400, code: 'invalid_field', message: 'A sentence.', field: 'origins' });
    expect(signedOut()).toBe(0);
  });

  it('say when nobody is signed in, but not for a wrong password', async () => {
    const out = answering(() => error(401, 'unauthenticated'));
    await failure(out.client.me());
    expect(out.signedOut()).toBe(1);

    const wrong = answering(() => error(401, 'wrong_credentials'));
    await failure(wrong.client.login({ email: '', password: '' }));
    expect(wrong.signedOut()).toBe(0);
  });

  it('name a proxy’s page for what it is', async () => {
    const { client } = answering(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(await failure(client.me())).toMatchObject({ status: 502, code: 'not_json' });
  });

  it('refuse a page where JSON was due', async () => {
    const { client } = answering(() => new Response('<!doctype html>', { status: 200 }));
    expect(await failure(client.me())).toMatchObject({ code: 'not_json' });
  });

  it('tell no connection from no answer in time', async () => {
    const down = answering(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await failure(down.client.me())).toMatchObject({ status: 0, code: 'unreachable' });

    const slow = createClient({
      timeoutMs: 5,
      fetch: (_input, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    });
    expect(await failure(slow.me())).toMatchObject({ code: 'timeout' });
  });

  it('leave an abort of ours an abort', async () => {
    const abort = new AbortController();
    const client = createClient({
      fetch: (_input, init) => {
        abort.abort();
        return Promise.reject(init?.signal?.reason);
      },
    });
    const reason = await client.visitors(1, {}, { signal: abort.signal }).catch((caught: unknown) => caught);
    expect(isAbort(reason)).toBe(true);
  });
});

describe('explain', () => {
  it.each([
    ['wrong_credentials', 401, /do not match/],
    ['setup_done', 410, /used or is too old/],
    ['unreachable', 0, /cannot be reached/],
    ['internal', 500, /has a problem/],
  ])('says %s in plain words', (code, status, words) => {
    expect(explain(new ApiError(status, code, '')).title).toMatch(words);
  });

  it('says how long to wait, whatever the code of a 429', async () => {
    const { client } = answering(() => error(429, 'throttled', {}, { 'retry-after': '30' }));
    expect(explain(await failure(client.me())).detail).toBe('Try again in 30 seconds.');
    expect(explain(new ApiError(429, 'anything', '', null, 150)).detail).toBe('Try again in 3 minutes.');
    expect(explain(new ApiError(429, 'throttled', '')).detail).toBe('Wait a little, then try again.');
  });

  it('falls back on the API’s own sentence', () => {
    expect(explain(new ApiError(422, 'new_code', 'The name is taken.')).detail).toBe('The name is taken.');
  });

  it('does not show the text of a programming error', () => {
    expect(explain(new TypeError('x is undefined')).detail).not.toContain('undefined');
  });
});
