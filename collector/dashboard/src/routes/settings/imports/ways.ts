/** What can be imported, in words: what a file is, where it comes from, and what an import came to. Pure. */
import type { Schemas } from '../../../lib/api';
import { count, plural } from '../../../lib/format/value';

export type Import = Schemas['Import'];
export type Kind = 'sessions' | 'ga4' | 'umami' | 'plausible';

export interface Way {
  kind: Kind;
  label: string;
  text: string;
  /** How to come by the file. */
  steps: readonly string[];
  /** Typed into a terminal for that, where it is. */
  command?: string;
  accept: string;
  /** Whether an export is several files. */
  many: boolean;
}

export const WAYS: readonly Way[] = [
  {
    kind: 'sessions',
    label: 'Sessions',
    text: 'A table of your own with a session in each row: CSV with a line of names, or JSON Lines. It becomes journeys.',
    steps: [
      'Each row needs when the session started, and whose it is: an id of the browser, or of the user.',
      'Landing page, referrer, campaign, country and your milestones are read where there are columns of them. You see which, and can change that.',
    ],
    command: "psql shop -c \"COPY (SELECT * FROM sessions) TO STDOUT CSV HEADER\" | gzip > sessions.csv.gz",
    accept: '.csv,.jsonl,.ndjson,.json,.gz',
    many: false,
  },
  {
    kind: 'ga4',
    label: 'Google Analytics 4',
    text: 'The event export of BigQuery as JSON Lines, a file for each day. It becomes journeys.',
    steps: [
      'In Google Analytics, Admin → BigQuery links has the export. It begins with the day of the link.',
      'In BigQuery, export the tables events_YYYYMMDD to Cloud Storage as JSON (newline delimited), with GZIP.',
      'Download the files, and take as many of them as you like at a time.',
    ],
    command: "bq extract --destination_format NEWLINE_DELIMITED_JSON --compression GZIP 'analytics_1234.events_20260131' 'gs://bucket/events_20260131.json.gz'",
    accept: '.json,.jsonl,.ndjson,.gz',
    many: true,
  },
  {
    kind: 'umami',
    label: 'Umami',
    text: 'The CSV of its data export: website_event.csv. It becomes journeys.',
    steps: [
      'Umami Cloud: Settings → Data → Export. Take website_event.csv out of the zip.',
      'Umami on a server of your own: the command writes the same from its database, with what is known of each session.',
    ],
    command:
      "psql umami -c \"COPY (SELECT e.*, s.browser, s.os, s.device, s.screen, s.language, s.country, s.region, s.city FROM website_event e JOIN session s USING (session_id) WHERE e.website_id = '…') TO STDOUT CSV HEADER\" > events.csv",
    accept: '.csv,.gz',
    many: false,
  },
  {
    kind: 'plausible',
    label: 'Plausible',
    text: 'The CSV files of its export. They are sums by day, which stand beside what is measured here and in no other figure.',
    steps: ['Site settings → Imports & Exports → Prepare download. Take the files out of the zip, and take all of them here.', 'Their names say what the sums are by, such as imported_sources_20230209_20240123.csv: keep them.'],
    accept: '.csv,.gz',
    many: true,
  },
];

export const wayOf = (kind: string): Way => WAYS.find((way) => way.kind === kind) ?? (WAYS[0] as Way);

/** What a column of sessions may be, beside the site's milestones and click ids (docs/import.md). */
export const FIELDS: readonly { name: string; label: string }[] = [
  { name: 'visitor', label: 'The browser’s id' },
  { name: 'user', label: 'The user’s id' },
  { name: 'session', label: 'The session’s id' },
  { name: 'started', label: 'Its start' },
  { name: 'ended', label: 'Its last activity' },
  { name: 'duration', label: 'Its length in seconds' },
  { name: 'landing', label: 'First page' },
  { name: 'exit', label: 'Last page' },
  { name: 'referrer', label: 'Referrer' },
  { name: 'utm_source', label: 'Source' },
  { name: 'utm_medium', label: 'Medium' },
  { name: 'utm_campaign', label: 'Campaign' },
  { name: 'utm_term', label: 'Term' },
  { name: 'utm_content', label: 'Content' },
  { name: 'page_views', label: 'Page views' },
  { name: 'ga_client_id', label: 'GA client id' },
  { name: 'ga_session_id', label: 'GA session id' },
  { name: 'user_agent', label: 'User agent' },
  { name: 'device', label: 'Device' },
  { name: 'browser', label: 'Browser' },
  { name: 'os', label: 'Operating system' },
  { name: 'country', label: 'Country' },
  { name: 'region', label: 'Region' },
  { name: 'city', label: 'City' },
  { name: 'language', label: 'Language' },
  { name: 'time_zone', label: 'Time zone' },
];

/** The fields that can be read, with those of the site that were found. */
export function fieldsOf(found: Readonly<Record<string, string>>, milestones: readonly string[]): { name: string; label: string }[] {
  const known = new Set(FIELDS.map((field) => field.name));
  const own = [...milestones, ...Object.keys(found)].filter((name, place, all) => !known.has(name) && all.indexOf(name) === place);
  return [...FIELDS, ...own.map((name) => ({ name, label: name }))];
}

/** The parameter `map`: what was chosen otherwise than it was found. */
export function mapOf(chosen: Readonly<Record<string, string>>): string {
  return Object.entries(chosen)
    .map(([field, column]) => `${field}=${column}`)
    .join(',');
}

export const goesOn = (one: Pick<Import, 'ended_at'>): boolean => one.ended_at === null || one.ended_at === undefined;

/** How far it is, as a part of one; null where nobody can tell. */
export function partOf(one: Pick<Import, 'bytes' | 'report'>): number | null {
  return one.bytes > 0 ? Math.min(1, one.report.bytes_read / one.bytes) : null;
}

export function bytes(value: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return unit === 0 ? plural(value, 'byte') : `${rest.toFixed(rest < 10 ? 1 : 0)} ${units[unit]}`;
}

const STATES: Record<Import['state'], string> = {
  receiving: 'Being sent',
  running: 'Going on',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Ended by hand',
  interrupted: 'Interrupted',
};

export const sayState = (one: Import): string => STATES[one.state];

/** What it came to, in a sentence. */
export function sayResult(one: Import): string {
  const { rows, rejected, problem } = one.report;
  const fresh = one.report.new;
  const parts: string[] = [plural(rows, 'row')];
  if (typeof fresh === 'number') parts.push(`${plural(fresh, 'item')} new, ${count(one.report.known ?? 0)} there already`);
  if (rejected > 0) parts.push(`${plural(rejected, 'row')} not ${one.dry_run ? 'importable' : 'imported'}`);
  const sentence = parts.join(' · ');
  return problem ? `${sentence} · ${problem.message}` : sentence;
}
