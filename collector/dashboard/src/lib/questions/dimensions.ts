/** What figures are filtered and told apart by, in words. */
import type { Schemas } from '../api';
import { country } from '../format/value';

export type Dimension = Schemas['Dimension'];

/** A property of events, by its name. */
export type Property = `property:${string}`;
/** What a condition is on. */
export type Field = Dimension | Property;

const PROPERTY = 'property:';

export const DIMENSION_LABELS: Record<Dimension, string> = {
  channel: 'Channel',
  source: 'Source',
  medium: 'Medium',
  campaign: 'Campaign',
  term: 'Term',
  content: 'Content',
  referrer: 'Referrer',
  entry_page: 'Landing page',
  exit_page: 'Exit page',
  hostname: 'Host',
  device: 'Device',
  browser: 'Browser',
  os: 'Operating system',
  language: 'Language',
  country: 'Country',
  region: 'Region',
  city: 'City',
  first_channel: 'First channel',
  first_source: 'First source',
  first_medium: 'First medium',
  first_campaign: 'First campaign',
  user: 'User',
  account: 'Account',
  event: 'Event',
  page: 'Page',
};

/** Of those by which rows are told apart. */
export const DIMENSION_PLURALS: Partial<Record<Dimension, string>> = {
  channel: 'Channels',
  source: 'Sources',
  medium: 'Media',
  campaign: 'Campaigns',
  referrer: 'Referrers',
  page: 'Pages',
  entry_page: 'Landing pages',
  exit_page: 'Exit pages',
  device: 'Devices',
  browser: 'Browsers',
  os: 'Systems',
  language: 'Languages',
  country: 'Countries',
  region: 'Regions',
  city: 'Cities',
};

/** As they are offered. */
export const DIMENSION_GROUPS: readonly { label: string; dimensions: readonly Dimension[] }[] = [
  { label: 'Acquisition', dimensions: ['channel', 'source', 'medium', 'campaign', 'term', 'content', 'referrer'] },
  { label: 'Behaviour', dimensions: ['page', 'entry_page', 'exit_page', 'event', 'hostname'] },
  { label: 'Technology', dimensions: ['device', 'browser', 'os', 'language'] },
  { label: 'Place', dimensions: ['country', 'region', 'city'] },
  { label: 'First touch', dimensions: ['first_channel', 'first_source', 'first_medium', 'first_campaign'] },
  { label: 'Who', dimensions: ['user', 'account'] },
];

export function isDimension(text: string): text is Dimension {
  return Object.hasOwn(DIMENSION_LABELS, text);
}

export function isProperty(text: string): text is Property {
  return text.startsWith(PROPERTY) && text.length > PROPERTY.length;
}

export function isField(text: string): text is Field {
  return isDimension(text) || isProperty(text);
}

export const propertyOf = (name: string): Property => `${PROPERTY}${name}`;
export const propertyName = (property: Property) => property.slice(PROPERTY.length);

/** A dimension, or a property, as people read it. */
export function sayField(field: string): string {
  if (isProperty(field)) return `Property ${propertyName(field)}`;
  return isDimension(field) ? DIMENSION_LABELS[field] : field;
}

/** A value as people read it. */
export function sayValue(dimension: string, value: string | null): string {
  if (value === null) return 'Unknown';
  if (dimension === 'country') return country(value);
  if (dimension === 'device') return value.charAt(0).toUpperCase() + value.slice(1);
  return value === '' ? '(empty)' : value;
}
