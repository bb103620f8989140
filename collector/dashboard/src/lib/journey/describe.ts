/** How a touch and an entry read in one line. */
import type { VisitorFilters } from '../api/filters';
import type { Contact, Entry, EntryType, Journey, Touch } from '../api/types';
import { duration } from '../format/time';
import { humanize, money, path } from '../format/value';

export const TYPE_LABELS: Record<EntryType, string> = {
  page_view: 'Page view',
  event: 'Event',
  identify: 'Identified',
  milestone: 'Milestone',
  ga_linked: 'GA4 linked',
  consent: 'Consent',
  group: 'Account',
  interaction: 'Interaction',
};

/** `newsletter / email`; `null` where nothing is known of the source. */
export function sourceMedium(touch: Touch | null): string | null {
  if (touch === null) return null;
  const parts = [touch.source, touch.medium].filter((part) => part !== null && part !== '');
  return parts.length > 0 ? parts.join(' / ') : null;
}

/** The line of an entry: a page's title, an event's name, the user someone turned out to be. */
export function headline(entry: Entry): string {
  switch (entry.type) {
    case 'page_view':
      return entry.title || (entry.url ? path(entry.url) : 'Untitled page');
    case 'event':
      return entry.name ? humanize(entry.name) : TYPE_LABELS.event;
    case 'milestone':
      return entry.name ? milestoneName(entry.name) : TYPE_LABELS.milestone;
    case 'identify':
      return entry.user_id ? `Identified as ${entry.user_id}` : 'Identified';
    case 'group':
      return entry.name ? `Belongs to ${entry.name}` : 'Belongs to an account';
    case 'ga_linked':
      return 'Linked to Google Analytics';
    case 'consent': {
      const state = entry.props?.['state'] ?? entry.name;
      return typeof state === 'string' ? `Consent ${state}` : 'Consent changed';
    }
    case 'interaction': {
      const what = `${channelName(entry.interaction)} ${(entry.name ?? '').replaceAll('_', ' ')}`.trim();
      return entry.title ? `${what}: ${entry.title}` : what;
    }
    default:
      // A newer collector may know types that this page does not.
      return entry.name ? humanize(entry.name) : humanize(String(entry.type));
  }
}

/** `email` as `Email`, `sms` as `SMS`. */
function channelName(contact: Contact | null): string {
  if (contact === null) return TYPE_LABELS.interaction;
  return contact.channel === 'sms' ? 'SMS' : humanize(contact.channel);
}

/** Whose an interaction is, where no browser says it. */
export function person(entry: Entry): string {
  return entry.interaction?.person?.replace(/^user:/, '') ?? 'Nobody known';
}

/** What an interaction says beside its line: which way, how long, from where. */
export function contactFacts(entry: Entry): string[] {
  const contact = entry.interaction;
  if (contact === null) return [];
  const way = contact.direction === 'in' ? 'from them' : contact.direction === 'out' ? 'to them' : null;
  const lasted = contact.duration_s === null ? null : duration(contact.duration_s * 1000);
  return [way, lasted, contact.campaign, contact.source, ...contact.labels].filter((fact) => fact !== null);
}

/** `signup_at` as `Signup`: a milestone's name may say that it is a time, and the time stands next to it. */
export function milestoneName(name: string): string {
  return humanize(name.replace(/(?<=.)_at$/, ''));
}

/** The name as it was sent, where the headline reworded it: it is what filters and the API go by. */
export function sentName(entry: Entry): string | null {
  if (entry.type !== 'event' && entry.type !== 'milestone') return null;
  return entry.name === null || entry.name === headline(entry) ? null : entry.name;
}

/** What an event was worth; `null` where it told no amount. */
export function worth(entry: Entry): string | null {
  return entry.value === null ? null : money(entry.value, entry.currency);
}

/** Whether a journey belongs in a list narrowed by these. Searching is the collector's business. */
export function matchesFilters(journey: Journey, filters: Pick<VisitorFilters, 'stage' | 'source' | 'bots'>): boolean {
  if (journey.bot !== (filters.bots === 'only')) return false;
  if (filters.stage && journey.stage !== filters.stage) return false;
  if (filters.source && journey.first_touch?.source !== filters.source) return false;
  return true;
}
