/**
 * The shapes of docs/api.md. Times are milliseconds since the Unix epoch; what is unknown is `null`.
 * Names keep the wire's spelling, so that a shape generated from an API description can take their place.
 */

export const ENTRY_TYPES = ['page_view', 'event', 'identify', 'milestone', 'ga_linked', 'consent', 'group', 'interaction'] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];

export type Role = 'owner' | 'analyst' | 'viewer';

/** What somebody may do in a workspace, as docs/access.md has it. */
export type Capability =
  | 'read'
  | 'read_persons'
  | 'define'
  | 'read_destinations'
  | 'destinations'
  | 'add_sites'
  | 'sites'
  | 'privacy'
  | 'keys'
  | 'members'
  | 'audit';

export interface Workspace {
  id: number;
  name: string;
  role: Role | null;
  may: Capability[];
}

export interface Me {
  email: string | null;
  kind: 'user' | 'api_key' | 'share';
  workspaces: Workspace[];
  /** Of a share link what it shows. */
  share?: Share;
}

export interface Member {
  id: number;
  email: string | null;
  role: Role;
  joined_at: number;
  you: boolean;
}

export interface Invitation {
  id: string;
  email: string;
  role: Role;
  created_at: number;
  expires_at: number;
}

/** An invitation just made. The link is shown this once, and may begin with its path. */
export interface MadeInvitation extends Invitation {
  link: string;
}

/** What a link invites to. */
export interface Asked {
  workspace: string;
  email: string;
  role: Role;
  has_login: boolean;
}

export type Scope = 'read' | 'persons' | 'manage' | 'sites';

export interface ApiKey {
  id: number;
  name: string;
  kind: 'api' | 'server';
  workspace: number;
  site: number | null;
  scopes: Scope[];
  hint: string;
  created_at: number;
  last_used_at: number | null;
}

export interface NewKey {
  name: string;
  workspace: number;
  site: number | null;
  kind: 'api' | 'server';
  scopes?: Scope[];
}

/** What the holder of a share link is shown. */
export interface Share {
  name: string;
  shows: 'figures' | 'journeys';
  expires_at: number;
  site: { id: number; name: string; time_zone: string; currency: string | null };
}

/** A day's revenue in the site's currency; amounts are `null` where it has none. */
export interface RevenueDay {
  day: string;
  orders: number;
  refunds: number;
  gross: string | null;
  refunded: string | null;
  net: string | null;
  /** Whether there is more that cannot be converted. */
  partial: boolean;
}

export interface LossFigures {
  received: number;
  missing: number;
  /** From 0 to 1; `null` where there was nothing. */
  rate: number | null;
}

export interface ChannelTotals {
  channel: string;
  interactions: number;
  unmatched: number;
  last_at: number;
}

export interface Site {
  id: number;
  workspace: number;
  name: string;
  /** The write key that a page's script tag carries; it is public. */
  key: string;
  origins: string[];
  time_zone: string;
  /** Of its figures, where it has one. */
  currency: string | null;
  /** Where pages load the SDK's script from; null where the collector does not know its public address. */
  script_url: string | null;
  /** Whether everything of it is made up. */
  is_demo: boolean;
  created_at: number;
}

export interface NewSite {
  workspace?: number | undefined;
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

/** Where engagement goes: a test of a window against the one before. */
export interface Trend {
  direction: 'rising' | 'falling' | 'level' | null;
  chance: number | null;
  occasions: number;
  occasions_before: number | null;
  days_active: number;
  series: { at: number; score: number | null }[];
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
  trend: Trend;
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

/** A journey in a list, with what was kept of the person when they were judged last. */
export interface ListedJourney extends Journey {
  kept?: { score: number | null; judged_at: number } | null;
}

/** A person in a list, with what was kept of them when they were judged last. */
export interface ListedPerson extends Person {
  kept: { score: number | null; judged_at: number } | null;
}

/** An insight with the time in which it holds or held. */
export interface KeptInsight extends Insight {
  person: string;
  status: 'current' | 'ended';
  found_at: number;
  confirmed_at: number;
  /** `null` while it holds. */
  ended_at: number | null;
}

export interface PersonDetail extends Scores {
  /** The newest first. */
  insight_history: KeptInsight[];
  person: Person;
  merges: { ids: [string, string]; at: number }[];
  revenue: Revenue;
  sessions: Session[];
  timeline: List<Entry>;
}

export type ErasureMode = 'anonymise' | 'delete';

/** An erasure that can still be taken back; whom it is of nobody is told. */
export interface PendingErasure {
  id: string;
  mode: ErasureMode;
  asked_at: number;
  due_at: number;
  actor: string;
  /** Rows by table. */
  rows: Record<string, number>;
}

export interface Erasure {
  /** What would be erased, of a dry run. */
  would: { ids: string[]; shared: string[]; rows: Record<string, number> } | null;
  receipts: { receipt: string; rows: Record<string, number> }[];
  pending: PendingErasure[];
  due_at: number | null;
}

export interface ErasureRequest {
  dry_run?: boolean;
  mode?: ErasureMode;
  grace_days?: number;
}

/** The database that tells places, and the words its licence asks to be shown beside them. */
export interface Geo {
  database: {
    type: string;
    built_at: number | null;
    attribution: { text: string; url: string } | null;
  } | null;
}
