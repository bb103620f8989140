import { describe, expect, it } from 'vitest';
import { lanesOf, sayDevice } from './lanes';
import { entry, session } from './samples';

const visitor = (visitor_id: string, first_seen: number) => ({ visitor_id, name: visitor_id, shared: false, first_seen, last_seen: first_seen, device: null, bot: false });
const contact = (id: string, at: number, channel: string) =>
  entry({ id, at, type: 'interaction', session_id: null, interaction: { channel, direction: null, source: null, campaign: null, labels: [], duration_s: null, email_hash: null, person: null, matched_by: null } });

describe('lanes', () => {
  it('are browsers as they came and then channels, along one time', () => {
    const { from, to, lanes } = lanesOf(
      [visitor('phone', 2000), visitor('computer', 1000), visitor('unused', 500)],
      [session({ session_id: 'a', visitor_id: 'computer', started_at: 1000, page_views: 4 }), session({ session_id: 'b', visitor_id: 'phone', started_at: 2000, page_views: 1, events: 1 })],
      [contact('c', 5000, 'sms'), contact('d', 3000, 'email'), entry({ id: 'e', at: 1000 })],
      1000,
      2000,
    );
    expect([from, to]).toEqual([1000, 5000]);
    expect(lanes.map((lane) => lane.label)).toEqual(['computer', 'phone', 'Email', 'SMS']);
    expect(lanes[1]?.marks).toEqual([{ key: 'b', at: 2000, place: 0.25, session: 'b', weight: 0.5 }]);
    expect(lanes[3]?.marks[0]?.place).toBe(1);
  });

  it('stand in the middle of a time that is one moment', () => {
    expect(lanesOf([visitor('v', 1)], [session({ visitor_id: 'v', started_at: 1 })], [], 1, 1).lanes[0]?.marks[0]?.place).toBe(0.5);
  });

  it('say a device as far as it is known', () => {
    expect(sayDevice({ type: 'desktop', browser: 'Firefox', os: 'Linux' })).toBe('Firefox on Linux, desktop');
    expect(sayDevice({ type: 'mobile', browser: null, os: null })).toBe('mobile');
    expect(sayDevice(null)).toBe('');
  });
});
