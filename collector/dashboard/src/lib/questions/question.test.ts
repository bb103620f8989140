import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { forgetAnswers, Question } from './question.svelte';

interface Call {
  address: string;
  aborted: () => boolean;
  answer: (body: unknown, status?: number) => Promise<void>;
}

/** Every request, answered when the test says so. */
let calls: Call[] = [];

beforeEach(() => {
  calls = [];
  forgetAnswers();
  vi.stubGlobal('fetch', (address: string, { signal }: { signal: AbortSignal }) => {
    return new Promise<Response>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      calls.push({
        address,
        aborted: () => signal.aborted,
        answer: async (body, status = 200) => {
          resolve(new Response(JSON.stringify(body), { status }));
          // What waits for it goes on before the test does.
          await new Promise((done) => setTimeout(done));
        },
      });
    });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const call = (at: number): Call => calls[at] ?? expect.fail(`there is no request ${at}`);
const data = (sessions: number) => ({ data: { sessions } });

describe('a question', () => {
  it('keeps the answer before until the next is here, and says that it is stale', async () => {
    const question = new Question('GET /analytics/sources');
    void question.load({ site: 1, from: 'a' });
    expect([question.status, question.answer, question.stale]).toEqual(['loading', null, false]);
    expect(call(0).address).toBe('/api/v1/analytics/sources?site=1&from=a');
    await call(0).answer(data(1));
    expect([question.status, question.answer, question.stale]).toEqual(['ready', data(1), false]);
    void question.load({ site: 1, from: 'b' });
    expect([question.status, question.answer, question.stale]).toEqual(['ready', data(1), true]);
    await call(1).answer(data(2));
    expect([question.answer, question.stale]).toEqual([data(2), false]);
  });

  it('lets go of the request that nobody waits for any more, and never shows its answer', async () => {
    const question = new Question('GET /analytics/sources');
    void question.load({ from: 'a' });
    void question.load({ from: 'b' });
    expect([call(0).aborted(), call(1).aborted()]).toEqual([true, false]);
    await call(1).answer(data(2));
    await call(0).answer(data(1));
    expect([question.status, question.answer]).toEqual(['ready', data(2)]);
  });

  it('shows at once what it was answered before, and asks anew behind it', async () => {
    const first = new Question('GET /analytics/sources');
    void first.load({ from: 'a' });
    await call(0).answer(data(1));
    const again = new Question('GET /analytics/sources');
    void again.load({ from: 'a' });
    expect([again.status, again.answer, again.stale]).toEqual(['ready', data(1), false]);
    await call(1).answer(data(3));
    expect(again.answer).toEqual(data(3));
  });

  it('says what failed, asks again when it is told to, and is not left stale', async () => {
    const question = new Question('GET /analytics/sources');
    void question.load({ from: 'a' });
    await call(0).answer(data(1));
    void question.load({ from: 'b' });
    await call(1).answer({ error: { code: 'forbidden', message: 'No.' } }, 403);
    expect([question.status, question.forbidden, question.stale]).toEqual(['failed', true, false]);
    question.again();
    await call(2).answer(data(2));
    expect([question.status, question.error, question.answer]).toEqual(['ready', null, data(2)]);
  });

  it('keeps an answer of the very question when asking again fails', async () => {
    const question = new Question('GET /analytics/sources');
    void question.load({ from: 'a' });
    await call(0).answer(data(1));
    question.again();
    await call(1).answer({ error: { code: 'internal', message: '' } }, 500);
    expect([question.status, question.answer]).toEqual(['ready', data(1)]);
  });

  it('has its rows as a file, without the time that is compared with', () => {
    const question = new Question('GET /analytics/sources');
    expect(question.csv).toBeUndefined();
    void question.load({ site: 1, compare: 'previous', by: 'channel' });
    expect(question.csv).toBe('/api/v1/analytics/sources?site=1&by=channel&format=csv');
  });

  it('asks again by itself when there was no answer in time, and says meanwhile that it takes long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late: AbortController[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const controller = new AbortController();
      late.push(controller);
      return controller.signal;
    });
    const question = new Question('GET /analytics/sources');
    const loading = question.load({ from: 'a' });
    vi.advanceTimersByTime(4999);
    expect(question.slow).toBe(false);
    vi.advanceTimersByTime(1);
    expect(question.slow).toBe(true);
    late[0]?.abort();
    await vi.waitFor(() => expect(calls.length).toBe(2));
    expect([question.status, question.slow, call(1).address]).toEqual(['loading', true, call(0).address]);
    vi.useRealTimers();
    await call(1).answer(data(1));
    await loading;
    expect([question.status, question.slow, question.answer]).toEqual(['ready', false, data(1)]);
  });

  it('says that it failed when there was never an answer', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort());
    vi.stubGlobal('fetch', () => {
      calls.push({} as Call);
      return Promise.reject(new Error('late'));
    });
    const question = new Question('GET /analytics/sources');
    await question.load({ from: 'a' });
    expect([question.status, question.slow, calls.length]).toEqual(['failed', false, 15]);
  });
});
