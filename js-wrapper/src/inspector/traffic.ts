/**
 * What goes to the collector and what it answers, as the panel and the console show it.
 *
 * Owns a second look at requests that the page makes to the collector: the page's `fetch` and `sendBeacon` do what they
 * did, and this hears of it. Changes neither request nor answer.
 */

import type { Batch, Item, ItemAnswer } from '../wire.js';

/** One batch on its way or answered. */
export interface Sent {
  readonly number: number;
  readonly at: number;
  readonly bytes: number;
  readonly batch: Batch;
  /** Whether no answer will come. */
  readonly beacon: boolean;
  /** The status of the answer; 0 for a request that failed. */
  status?: number;
  /** Milliseconds until the answer. */
  took?: number;
  /** What the collector says where it refused the whole batch. */
  error?: string;
  /** What became of the items, by id. */
  answers: Map<string, ItemAnswer>;
}

/** What became of an item, in a word. */
export type Fate = ItemAnswer['status'] | 'sending' | 'beacon' | 'failed';

/** What became of an item of a batch. */
export function fate(sent: Sent, item: Item): Fate {
  const answer = sent.answers.get(item.id);
  if (answer) return answer.status;
  if (sent.beacon) return 'beacon';
  return sent.status === undefined ? 'sending' : 'failed';
}

/** Hears of requests to `endpoint` from now on: once when they go, once when they are answered. Gives what ends that. */
export function listen(endpoint: string, heard: (sent: Sent) => void): () => void {
  let count = 0;
  const note = (body: unknown, beacon: boolean): Sent | undefined => {
    try {
      const batch = JSON.parse(body as string) as Batch;
      const sent: Sent = {
        number: ++count,
        at: Date.now(),
        bytes: new Blob([body as string]).size,
        batch,
        beacon,
        answers: new Map(),
      };
      heard(sent);
      return sent;
    } catch {
      // No batch: something else that the page sends there.
      return undefined;
    }
  };

  const answered = async (sent: Sent, response: Promise<Response>) => {
    const began = performance.now();
    try {
      const answer = await response;
      // Before the core reads it: a body can be read once.
      const copy = answer.clone();
      sent.took = performance.now() - began;
      const body = (await copy.json().catch(() => undefined)) as
        | { results?: ItemAnswer[]; error?: { message?: string } }
        | undefined;
      for (const line of body?.results ?? []) if (line.id) sent.answers.set(line.id, line);
      if (body?.error?.message) sent.error = body.error.message;
      sent.status = answer.status;
    } catch (error) {
      sent.took ??= performance.now() - began;
      sent.status = 0;
      sent.error = String(error);
    }
    heard(sent);
  };

  const ends = [
    replace(window, 'fetch', (result, [url, init]) => {
      const { body } = (init ?? {}) as RequestInit;
      const sent = String(url) == endpoint && typeof body == 'string' && note(body, false);
      if (sent) void answered(sent, result as Promise<Response>);
    }),
    replace(Navigator.prototype, 'sendBeacon', (_, [url, body]) => {
      if (String(url) == endpoint) note(body, true);
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** Has `after` hear of every call of a method, with what it gave. Gives what undoes it, where nobody came after. */
function replace<T extends object>(owner: T, name: keyof T, after: (result: unknown, args: unknown[]) => void): () => void {
  const original = owner[name] as (...args: unknown[]) => unknown;
  if (!original) return () => {};
  const proxy = new Proxy(original, {
    apply(target, self, args: unknown[]) {
      const result: unknown = Reflect.apply(target, self, args);
      try {
        after(result, args);
      } catch {
        // What is looked at is the page's, and so is its peace.
      }
      return result;
    },
  });
  try {
    owner[name] = proxy as T[keyof T];
  } catch {
    // A page that has frozen it.
    return () => {};
  }
  return () => {
    if (owner[name] === (proxy as T[keyof T])) owner[name] = original as T[keyof T];
  };
}
