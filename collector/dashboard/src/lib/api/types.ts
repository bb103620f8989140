/**
 * The shapes of docs/api.md. Times are milliseconds since the Unix epoch; what is unknown is `null`.
 * Names keep the wire's spelling, so that a shape generated from an API description can take their place.
 */

export const ENTRY_TYPES = ['page_view', 'event', 'identify', 'milestone', 'ga_linked', 'consent', 'group', 'interaction'] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];

export interface Me {
  email: string | null;
  kind: 'user' | 'api_key';
}

export interface Site {
  id: number;
  name: string;
  /** The write key that a page's script tag carries; it is public. */
  key: string;
  origins: string[];
  time_zone: string;
  /** Where pages load the SDK's script from; null where the collector does not know its public address. */
  script_url: string | null;
  created_at: number;
}

export interface NewSite {
  name: string;
  origins: string[];
  time_zone?: string;
}

/** A stage of a site's journeys. */
export interface Stage {
  key: string;
  label: string;
}

export interface SiteStages {
  /** 0 where the collector's own hold. */
  version: number;
  document: { stages: Stage[] };
}

export interface Touch {
  at: number | null;
  source: string | null;
  medium: string | null;
  campaign: string | null;
  term: string | null;
  content: string | null;
  channel: string | null;
  click_ids: Record<string, string> | null;
  landing_url: string | null;
  referrer: string | null;
}

export interface Device {
  type: string | null;
  browser: string | null;
  os: string | null;
  country: string | null;
  region: string | null;
  city: string | null;
}

export interface JourneyDevice extends Device {
  language: string | null;
  time_zone: string | null;
}

export interface Ga {
  client_id: string | null;
  session_id: string | null;
}

export interface Milestone {
  name: string;
  at: number;
  stage: string | null;
  since_first_ms: number;
  since_previous_ms: number | null;
}

export interface ReachedStage {
  stage: string;
  entered_at: number;
  /** `null` while it lasts. */
  lasted_ms: number | null;
}

export interface Journey {
  visitor_id: string;
  name: string;
  user_id: string | null;
  account_id: string | null;
  stage: string;
  stage_at: number | null;
  /** Up to the present one, in order. */
  stages: ReachedStage[];
  first_seen: number;
  last_seen: number;
  total_sessions: number;
  total_page_views: number;
  total_events: number;
  first_touch: Touch | null;
  device: JourneyDevice | null;
  ga: Ga | null;
  milestones: Milestone[];
  bot: boolean;
  /** Who says so: the rules by the user agent, or somebody here. Null where neither found a bot. */
  bot_by: 'rules' | 'owner' | null;
  /** The version of the rules behind source, channel, device and bots. */
  rules: number;
}

export interface Session {
  session_id: string;
  visitor_id: string;
  visitor_name: string;
  started_at: number;
  last_activity_at: number;
  page_views: number;
  events: number;
  visible_ms: number | null;
  entry_url: string | null;
  exit_url: string | null;
  touch: Touch | null;
  device: Device | null;
  ga: Ga | null;
  /** Whole or truncated, where the collector was asked to keep it. */
  ip: string | null;
  bot: boolean;
  rules: number;
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Entry {
  id: string;
  type: EntryType;
  at: number;
  received_at: number;
  /** `null` for an interaction that was sent without one. */
  visitor_id: string | null;
  visitor_name: string | null;
  session_id: string | null;
  page_view_id: string | null;
  name: string | null;
  url: string | null;
  title: string | null;
  referrer: string | null;
  props: { [key: string]: Json } | null;
  conversion: boolean;
  /** A decimal amount as text, which keeps every digit. */
  value: string | null;
  currency: string | null;
  user_id: string | null;
  visible_ms: number | null;
  /** How far down the page was scrolled, in per cent. */
  scroll_max: number | null;
  stage: string | null;
  /** What else there is to say of an interaction; `null` for all else. */
  interaction: Contact | null;
  bot: boolean;
}

export interface Contact {
  channel: string;
  direction: 'in' | 'out' | null;
  source: string | null;
  campaign: string | null;
  labels: string[];
  duration_s: number | null;
  email_hash: string | null;
  /** An id of the person it belongs to, as of {@link Person}; `null` while it is nobody's. */
  person: string | null;
  matched_by: 'user_id' | 'visitor_id' | 'email_hash' | null;
}

export interface List<T> {
  data: T[];
  next_cursor: string | null;
}

/** What was paid in one currency; amounts are decimal text. */
export interface InCurrency {
  /** `null` where none was told. */
  currency: string | null;
  orders: number;
  orders_without_value: number;
  refunds: number;
  gross: string;
  refunded: string;
  net: string;
}

/** What orders brought and refunds took back. */
export interface Revenue {
  /** The site's, in which the next three are as far as there are rates; all are `null` where it has none. */
  currency: string | null;
  gross: string | null;
  refunded: string | null;
  net: string | null;
  orders: number;
  refunds: number;
  by_currency: InCurrency[];
  /** What of that is not part of the figures in the site's currency. */
  unconverted: InCurrency[];
  /** Refunds of which nothing is known that they could be taken from. */
  unmatched_refunds: { currency: string | null; refunds: number; amount: string }[];
}

/** A part of a score, from 0 to 1, and how much it counts. */
export interface ScorePart {
  value: number;
  weight: number;
}

/** How engaged somebody is. */
export interface Engagement {
  computed_at: number;
  window_days: number;
  /** From 0 to 1; `null`, as the parts are, where nothing is known. */
  score: number | null;
  parts: {
    recency: ScorePart & { last_at: number };
    frequency: ScorePart & { sessions: number; interactions: number };
    channels: ScorePart & { names: string[] };
  } | null;
  /** One window earlier. */
  previous_score: number | null;
}

/** What somebody's figures suggest, with the figures. */
export interface Insight {
  rule: string;
  version: number;
  kind: 'signal' | 'risk';
  text: string;
  action: string;
  evidence: { figure: string; value: number; asks: 'at_least' | 'at_most'; threshold: number }[];
  records: { type: 'session' | 'interaction' | 'page_view'; id: string }[];
}

/** What was used of a site. */
export interface Used {
  events: number;
  exports: number;
  primary_tool: string | null;
  tools: { tool: string; uses: number; visible_ms: number }[];
}

/** What is concluded of somebody when their journey is read. */
export interface Scores {
  engagement: Engagement;
  insights: Insight[];
  usage: Used & { sessions: (Used & { visitor_id: string; session_id: string })[] };
}

export interface JourneyDetail extends Scores {
  journey: Journey;
  revenue: Revenue;
  sessions: Session[];
  timeline: List<Entry>;
}

export interface PersonVisitor {
  visitor_id: string;
  name: string;
  /** Whether others used the browser too, of whose doing nothing is the person's. */
  shared: boolean;
  first_seen: number;
  last_seen: number;
  device: JourneyDevice | null;
  bot: boolean;
}

/** Somebody with all of their browsers. */
export interface Person {
  /** `user:` and a user id, or `visitor:` and a visitor id. */
  id: string;
  name: string;
  user_ids: string[];
  account_ids: string[];
  stage: string;
  stage_at: number | null;
  stages: ReachedStage[];
  first_seen: number;
  last_seen: number;
  total_sessions: number;
  total_page_views: number;
  total_events: number;
  first_touch: Touch | null;
  milestones: Milestone[];
  visitors: PersonVisitor[];
  bot: boolean;
}

export interface PersonDetail extends Scores {
  person: Person;
  merges: { ids: [string, string]; at: number }[];
  revenue: Revenue;
  sessions: Session[];
  timeline: List<Entry>;
}

export interface VisitorFilters {
  q?: string | undefined;
  stage?: string | undefined;
  source?: string | undefined;
  bots?: string | undefined;
}

/** The database that tells places, and the words its licence asks to be shown beside them. */
export interface Geo {
  database: {
    type: string;
    built_at: number | null;
    attribution: { text: string; url: string } | null;
  } | null;
}
