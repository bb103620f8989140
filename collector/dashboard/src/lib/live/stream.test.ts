import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { entry, journey } from '../journey/samples';
import { BATCH_MS, LiveStream, type LiveState, type Source } from './stream';

/** Stands where the browser's EventSource stands, which Node does not have. */
class Wire implements Source {
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
    this.readyState = 2;
  }
  opens(resumed = false): void {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
    this.sends('ready', { resumed });
  }
  fails(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.onerror?.(new Event('error'));
  }
  sends(type: string, data: unknown, lastEventId = ''): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.#listeners.get(type)?.(new MessageEvent(type, { data: text, lastEventId }));
  }
}

function setUp() {
  const wires: Wire[] = [];
  const after: (string | null)[] = [];
  const states: LiveState[] = [];
  const seen = { entries: [] as string[][], journeys: [] as string[][], resyncs: 0, refusals: 0 };
  const stream = new LiveStream({
    open: (lastId) => {
      after.push(lastId);
      const wire = new Wire();
      wires.push(wire);
      return wire;
    },
    onState: (state) => states.push(state),
    onRefused: () => (seen.refusals += 1),
    random: () => 1,
  });
  const unsubscribe = stream.subscribe({
    entries: (entries) => seen.entries.push(entries.map((one) => one.id)),
    journeys: (journeys) => seen.journeys.push(journeys.map((one) => `${one.visitor_id}:${one.stage}`)),
    resync: () => (seen.resyncs += 1),
  });
  return { stream, wires, after, states, seen, unsubscribe, wire: () => wires.at(-1) as Wire };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('LiveStream', () => {
  it('hands on what came within a moment together, a visitor’s latest state only', () => {
    const { stream, wire, seen } = setUp();
    stream.start();
    wire().opens();
    wire().sends('entry', entry({ id: 'a' }));
    wire().sends('entry', entry({ id: 'b' }));
    wire().sends('journey', journey());
    wire().sends('journey', journey({ stage: 'registered' }));
    expect(seen.entries).toEqual([]);
    vi.advanceTimersByTime(BATCH_MS);
    expect(seen.entries).toEqual([['a', 'b']]);
    expect(seen.journeys).toEqual([['v1:registered']]);
  });

  it('asks for a resync once open, for what came before, and when told', () => {
    const { stream, wire, seen, states } = setUp();
    stream.start();
    expect(seen.resyncs).toBe(0);
    wire().opens();
    expect(seen.resyncs).toBe(1);
    expect(states).toEqual(['connecting', 'live']);
    wire().sends('resync', '');
    expect(seen.resyncs).toBe(2);
  });

  it('asks for a resync after the browser has reconnected', () => {
    const { stream, wire, wires, seen } = setUp();
    stream.start();
    wire().opens();
    wire().fails(0);
    expect(wires).toHaveLength(1);
    wire().opens();
    expect(seen.resyncs).toBe(2);
    expect(seen.refusals).toBe(0);
  });

  it('goes on where it was where the server remembers, without a resync', () => {
    const { stream, wire, after, seen } = setUp();
    stream.start();
    wire().opens();
    wire().sends('entry', entry({ id: 'a' }));
    wire().sends('entry', entry({ id: 'b' }), 'run-7');
    wire().fails(0);
    wire().opens(true);
    expect(seen.resyncs).toBe(1);
    stream.stop();
    stream.start();
    expect(after).toEqual([null, 'run-7']);
    wire().opens(true);
    expect(seen.resyncs).toBe(1);
  });

  it('comes back by itself, ever more slowly, when the server refuses', () => {
    const { stream, wire, wires, seen } = setUp();
    stream.start();
    wire().fails(2);
    expect(seen.refusals).toBe(1);
    vi.advanceTimersByTime(999);
    expect(wires).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(wires).toHaveLength(2);
    wire().fails(2);
    vi.advanceTimersByTime(1999);
    expect(wires).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(wires).toHaveLength(3);
    wire().opens();
    expect(seen.resyncs).toBe(1);
  });

  it('treats an unreadable line as a missed one', () => {
    const { stream, wire, seen } = setUp();
    stream.start();
    wire().opens();
    wire().sends('entry', '{"id":');
    expect(seen.resyncs).toBe(2);
  });

  it('hands on what it holds when stopped, then is silent until started again', () => {
    const { stream, wire, wires, seen, states } = setUp();
    stream.start();
    wire().opens();
    wire().sends('entry', entry({ id: 'a' }));
    stream.stop('asleep');
    expect(seen.entries).toEqual([['a']]);
    expect(wire().closed).toBe(true);
    expect(states.at(-1)).toBe('asleep');
    vi.advanceTimersByTime(60_000);
    expect(wires).toHaveLength(1);
    stream.start();
    stream.start();
    expect(wires).toHaveLength(2);
    wire().opens();
    expect(seen.resyncs).toBe(2);
  });

  it('does not retry after a stop during the wait', () => {
    const { stream, wire, wires } = setUp();
    stream.start();
    wire().fails(2);
    stream.stop();
    vi.advanceTimersByTime(60_000);
    expect(wires).toHaveLength(1);
  });

  it('leaves alone who has unsubscribed', () => {
    const { stream, wire, seen, unsubscribe } = setUp();
    stream.start();
    wire().opens();
    unsubscribe();
    wire().sends('entry', entry());
    vi.advanceTimersByTime(BATCH_MS);
    expect(seen.entries).toEqual([]);
  });

  it('tells nobody what it still has at its end', () => {
    const { stream, wire, seen } = setUp();
    stream.start();
    wire().opens();
    wire().sends('entry', entry());
    stream.end();
    vi.advanceTimersByTime(BATCH_MS);
    expect(wire().closed).toBe(true);
    expect(seen.entries).toEqual([]);
  });
});
