import { describe, expect, it } from 'vitest';
import type { Journey } from '../api';
import { contactFacts, headline, matchesFilters, person, sentName, sourceMedium, worth } from './describe';
import { glyph } from './glyph';
import { mergeEntries, mergeJourneys, withFirstPage } from './merge';
import { entry, journey, session, touch } from './samples';
import { stageLabel, stageShare, stageSteps } from './stages';
import { groupBySession } from './timeline';

describe('mergeJourneys', () => {
  const all = () => true;

  it('puts the most recently seen first, with the id to settle equal times', () => {
    const rows = mergeJourneys(
      [journey({ visitor_id: 'a', last_seen: 5 }), journey({ visitor_id: 'b', last_seen: 3 })],
      [journey({ visitor_id: 'b', last_seen: 9 }), journey({ visitor_id: 'c', last_seen: 5 })],
      all,
    );
    expect(rows.map((row) => row.visitor_id)).toEqual(['b', 'c', 'a']);
  });

  it('replaces a journey by how it stands now', () => {
    const rows = mergeJourneys([journey()], [journey({ stage: 'registered' })], all);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.stage).toBe('registered');
  });

  it('neither adds nor keeps what the filters exclude', () => {
    const keep = (row: { stage: string }) => row.stage === 'anonymous';
    expect(mergeJourneys([journey()], [journey({ stage: 'registered' })], keep)).toEqual([]);
    expect(mergeJourneys([], [journey({ visitor_id: 'x', stage: 'converted' })], keep)).toEqual([]);
  });

  it('leaves its input alone', () => {
    const rows = [journey({ visitor_id: 'a', last_seen: 1 })];
    mergeJourneys(rows, [journey({ visitor_id: 'b', last_seen: 2 })], all);
    expect(rows).toHaveLength(1);
  });
});

describe('withFirstPage', () => {
  const ids = (rows: { visitor_id: string }[]) => rows.map((row) => row.visitor_id);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((visitor_id, at) => journey({ visitor_id, last_seen: 9 - at })) as [Journey, Journey, Journey, Journey];

  it('lets go of who would be on it and is not, and keeps who comes after it', () => {
    expect(ids(withFirstPage([a, b, c, d], [a, c]))).toEqual(['a', 'c', 'd']);
  });

  it('takes how they stand now, and lets go of all for an empty one', () => {
    expect(withFirstPage([a, b], [{ ...a, stage: 'registered' }])[0]?.stage).toBe('registered');
    expect(withFirstPage([a, b], [])).toEqual([]);
  });
});

describe('mergeEntries', () => {
  it('shows an entry that arrives twice once, in its latest state', () => {
    const merged = mergeEntries([entry({ visible_ms: null })], [entry({ visible_ms: 4000 })]);
    expect(merged.map((one) => one.visible_ms)).toEqual([4000]);
  });

  it('sorts a late entry into its place', () => {
    const merged = mergeEntries([entry({ id: 'c', at: 30 }), entry({ id: 'a', at: 10 })], [entry({ id: 'b', at: 20 })]);
    expect(merged.map((one) => one.id)).toEqual(['c', 'b', 'a']);
  });
});

describe('groupBySession', () => {
  it('groups latest first and numbers from the earliest', () => {
    const groups = groupBySession(
      [entry({ id: '3', at: 90, session_id: 's2' }), entry({ id: '2', at: 20 }), entry({ id: '1', at: 10 })],
      [session({ session_id: 's2', started_at: 90, last_activity_at: 95 }), session({ started_at: 10, last_activity_at: 20 })],
    );
    expect(groups.map((group) => [group.sessionId, group.number, group.entries.length])).toEqual([
      ['s2', 2, 1],
      ['s1', 1, 2],
    ]);
  });

  it('numbers by the journey’s total when only the latest are loaded', () => {
    const groups = groupBySession([entry({ session_id: 's9' })], [session({ session_id: 's9' })], 9);
    expect(groups[0]?.number).toBe(9);
  });

  it('makes do without the session’s own record', () => {
    const [group] = groupBySession(
      [entry({ id: '2', at: 50, visible_ms: 300 }), entry({ id: '1', at: 10, visible_ms: 200 }), entry({ id: '0', at: 5, type: 'event' })],
      [],
    );
    expect(group).toMatchObject({ session: null, startedAt: 5, endedAt: 50, pageViews: 2, visibleMs: 500 });
  });

  it('counts a live page view before the session’s sums do', () => {
    const [group] = groupBySession(
      [entry({ id: '2', at: 2000 }), entry({ id: '1' })],
      [session({ page_views: 1, last_activity_at: 1000, visible_ms: 700 })],
    );
    expect(group).toMatchObject({ pageViews: 2, endedAt: 2000, visibleMs: 700 });
  });

  it('does not make up a visible time', () => {
    expect(groupBySession([entry()], [session()])[0]?.visibleMs).toBeNull();
  });

  it('keeps entries outside a session in a group without a number', () => {
    const groups = groupBySession([entry({ id: '2', at: 9, session_id: null, type: 'event' }), entry({ id: '1', at: 1 })], []);
    expect(groups.map((group) => [group.sessionId, group.number])).toEqual([
      [null, null],
      ['s1', 1],
    ]);
  });

  it('puts what happened outside between the sessions where it belongs', () => {
    const outside = (id: string, at: number) => entry({ id, at, session_id: null, type: 'interaction' });
    const groups = groupBySession(
      [outside('5', 99), entry({ id: '4', at: 90, session_id: 's2' }), outside('3', 60), outside('2', 40), entry({ id: '1', at: 10 }), outside('0', 5)],
      [session({ session_id: 's2', started_at: 90, last_activity_at: 95 }), session({ started_at: 10, last_activity_at: 50 })],
    );
    expect(groups.map((group) => [group.number, group.entries.map((one) => one.id).join('')])).toEqual([
      [null, '5'],
      [2, '4'],
      [null, '32'],
      [1, '1'],
      [null, '0'],
    ]);
    expect(new Set(groups.map((group) => group.key)).size).toBe(5);
  });

  it('is empty for no entries', () => {
    expect(groupBySession([], [session()])).toEqual([]);
  });
});

describe('stages', () => {
  const stages = [
    { key: 'new', label: 'New here' },
    { key: 'trying', label: 'Trying it out' },
    { key: 'active', label: 'Active' },
    { key: 'paying', label: 'Paying' },
  ];

  it('are called and ordered as the site says', () => {
    expect(stageLabel(stages, 'trying')).toBe('Trying it out');
    expect(stageLabel([], 'trying_out')).toBe('Trying out');
    expect(['new', 'trying', 'paying', 'gone'].map((key) => stageShare(stages, key))).toEqual([0, 1 / 3, 1, 0]);
    expect(stageShare([{ key: 'all', label: 'All' }], 'all')).toBe(0);
  });

  it('have the time they were entered and how long they lasted, unless they were passed over', () => {
    const milestone = (name: string, at: number, stage: string | null) => ({ name, at, stage, since_first_ms: at - 100, since_previous_ms: null });
    const steps = stageSteps(
      journey({
        stage: 'active',
        first_seen: 100,
        stages: [
          { stage: 'new', entered_at: 100, lasted_ms: 400 },
          { stage: 'trying', entered_at: 500, lasted_ms: 0 },
          { stage: 'active', entered_at: 500, lasted_ms: null },
        ],
        milestones: [milestone('read_docs', 200, null), milestone('active_at', 500, 'active'), milestone('tried_at', 700, 'trying')],
      }),
      stages,
    );
    expect(steps.map((step) => [step.label, step.reached, step.at, step.lasted])).toEqual([
      ['New here', true, 100, 400],
      ['Trying it out', true, null, null],
      ['Active', true, 500, null],
      ['Paying', false, null, null],
    ]);
  });
});

describe('describe', () => {
  it('writes source and medium, whichever are known', () => {
    expect(sourceMedium(touch({ source: 'newsletter', medium: 'email' }))).toBe('newsletter / email');
    expect(sourceMedium(touch({ source: 'newsletter' }))).toBe('newsletter');
    expect(sourceMedium(touch())).toBeNull();
    expect(sourceMedium(null)).toBeNull();
  });

  it('heads each type of entry', () => {
    expect(headline(entry({ title: 'Pricing', url: 'https://a.example/pricing' }))).toBe('Pricing');
    expect(headline(entry({ url: 'https://a.example/pricing?x=1' }))).toBe('/pricing');
    expect(headline(entry({ type: 'event', name: 'plan_bought' }))).toBe('Plan bought');
    expect(headline(entry({ type: 'milestone', name: 'signup_at' }))).toBe('Signup');
    expect(headline(entry({ type: 'milestone', name: '_at' }))).toBe('At');
    expect(headline(entry({ type: 'identify', user_id: 'user-7' }))).toBe('Identified as user-7');
    expect(headline(entry({ type: 'group', name: 'acme' }))).toBe('Belongs to acme');
    expect(headline(entry({ type: 'consent', props: { state: 'granted' } }))).toBe('Consent granted');
    const contact = { channel: 'sms', direction: 'out', source: null, campaign: 'spring', labels: ['vip'], duration_s: 90 } as const;
    const sms = entry({ type: 'interaction', name: 'no_show', interaction: { ...contact, labels: ['vip'], email_hash: null, person: null, matched_by: null } });
    expect(headline(sms)).toBe('SMS no show');
    expect(headline({ ...sms, title: 'Hello' })).toBe('SMS no show: Hello');
    expect(contactFacts(sms)).toEqual(['to them', '1 min 30 s', 'spring', 'vip']);
    expect(contactFacts(entry())).toEqual([]);
    expect(person(sms)).toBe('Nobody known');
    expect(headline(entry({ type: 'phone_call' as never, name: null }))).toBe('Phone call');
  });

  it('gives the sent name where the headline is another', () => {
    expect(sentName(entry({ type: 'milestone', name: 'signup_at' }))).toBe('signup_at');
    expect(sentName(entry({ type: 'event', name: 'Plan Bought' }))).toBeNull();
    expect(sentName(entry({ type: 'event', name: null }))).toBeNull();
    expect(sentName(entry({ name: 'page' }))).toBeNull();
  });

  it('tells a value of zero from none', () => {
    expect(worth(entry({ type: 'event', value: '0', currency: 'EUR' }))).toBe('€0.00');
    expect(worth(entry({ type: 'event' }))).toBeNull();
  });

  it('matches the filters that need no search', () => {
    const one = journey({ stage: 'registered', first_touch: touch({ source: 'newsletter' }) });
    expect(matchesFilters(one, {})).toBe(true);
    expect(matchesFilters(one, { stage: 'registered', source: 'newsletter' })).toBe(true);
    expect(matchesFilters(one, { stage: 'anonymous' })).toBe(false);
    expect(matchesFilters(journey(), { source: 'newsletter' })).toBe(false);
  });

  it('keeps bots and others apart', () => {
    expect(matchesFilters(journey({ bot: true }), {})).toBe(false);
    expect(matchesFilters(journey({ bot: true }), { bots: 'only' })).toBe(true);
    expect(matchesFilters(journey(), { bots: 'only' })).toBe(false);
  });
});

describe('glyph', () => {
  const ids = Array.from({ length: 200 }, (_, index) => `01975560-7a00-7000-8000-${String(index).padStart(12, '0')}`);

  it('follows from the id alone', () => {
    expect(glyph(ids[0] ?? '')).toEqual(glyph(ids[0] ?? ''));
  });

  it('tells neighbouring ids apart', () => {
    expect(new Set(ids.map((id) => JSON.stringify(glyph(id)))).size).toBeGreaterThan(190);
    expect(new Set(ids.map((id) => glyph(id).hue)).size).toBeGreaterThan(16);
  });
});
