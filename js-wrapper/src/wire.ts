/**
 * The wire protocol, version 1, as TypeScript: what the core sends and what a collector answers.
 *
 * Owns readers that turn parsed JSON into these types, field by field, and name the field that is wrong. They are for
 * tests and tools; the SDK itself never reads its own batches, so nothing of this is in what a page loads. As
 * everywhere on this wire, an unknown field is ignored and an unknown value is left out rather than null.
 */

/** Milliseconds since the Unix epoch. */
export type Millis = number;
/** A UUID in its hyphenated form. */
export type Uuid = string;

/** One request: what is true for all items, then the items. */
export interface Batch {
  v: 1;
  key: string;
  sent_at: Millis;
  sdk: { name: string; version: string; engine?: 'wasm' | 'js' };
  context: Context;
  items: Item[];
}

/** What is true for every item of a batch. */
export interface Context {
  visitor_id: Uuid;
  tab_id: Uuid;
  session: { id: Uuid; started_at: Millis };
  user_id?: string;
  touch?: Touch;
  first_touch?: Touch;
  ga?: { client_id?: string; session_id?: string };
  device?: Device;
  consent?: Consent;
}

/** How a visitor arrived. */
export interface Touch {
  at: Millis;
  landing_url?: string;
  referrer?: string;
  source?: string;
  medium?: string;
  campaign?: string;
  term?: string;
  content?: string;
  click_ids?: Record<string, string>;
}

/** What the page can see of the device, in CSS pixels. */
export interface Device {
  screen_width?: number;
  screen_height?: number;
  viewport_width?: number;
  viewport_height?: number;
  language?: string;
  time_zone?: string;
}

/** What the visitor has agreed to. */
export type Consent = 'granted' | 'denied' | 'unknown';

/** What every item has. */
interface ItemBase<T extends string, D> {
  type: T;
  id: Uuid;
  at: Millis;
  seq: number;
  page_view_id?: Uuid;
  data: D;
}

/** One thing that happened. */
export type Item =
  | ItemBase<'page_view', { url: string; title?: string; referrer?: string }>
  | ItemBase<
      'event',
      { name: string; props?: JsonObject; conversion?: boolean; value?: string; currency?: string; url?: string }
    >
  | ItemBase<'identify', { user_id: string; previous_id?: string; traits?: JsonObject }>
  | ItemBase<'group', { account_id: string; traits?: JsonObject }>
  | ItemBase<'milestone', { name: string; props?: JsonObject }>
  | ItemBase<'page_ping', { visible_ms: number; scroll_max: number }>
  | ItemBase<'ga_linked', { client_id: string; session_id?: string }>
  | ItemBase<'consent', { state: Consent }>;

/** Any JSON object. */
export type JsonObject = Record<string, unknown>;

/** The answer to a batch that could be read. */
export interface BatchAnswer {
  v: 1;
  received_at: Millis;
  results: ItemAnswer[];
}

/** What became of one item. */
export interface ItemAnswer {
  id?: Uuid;
  status: 'accepted' | 'duplicate' | 'dropped' | 'retry';
  reason?: string;
  field?: string;
  limit?: number;
  ignored?: string[];
  flagged?: string[];
}

/** The answer to a request that was refused whole. */
export interface ErrorAnswer {
  error: { code: string; message: string; field?: string; limit?: number };
}

/** A value that is not what the protocol says; the message begins with the path of the field. */
export class WireError extends Error {}

/** Reads one field; `path` is where it is. */
type Reader<T> = (value: unknown, path: string) => T;

/** A reader for a field that may be missing. */
interface Optional<T> {
  optional: Reader<T>;
}

type Fields<T> = { [K in keyof T]-?: undefined extends T[K] ? Optional<Exclude<T[K], undefined>> : Reader<T[K]> };

function fail(path: string, wanted: string): never {
  throw new WireError(`${path || 'the body'}: ${wanted} expected`);
}

const text: Reader<string> = (value, path) => (typeof value == 'string' ? value : fail(path, 'text'));

const count: Reader<number> = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : fail(path, 'a whole number');

const flag: Reader<boolean> = (value, path) => (typeof value == 'boolean' ? value : fail(path, 'true or false'));

const uuid: Reader<Uuid> = (value, path) =>
  /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(String(value)) ? String(value) : fail(path, 'a UUID');

const json: Reader<JsonObject> = (value, path) =>
  typeof value == 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : fail(path, 'an object');

const strings: Reader<Record<string, string>> = (value, path) =>
  Object.fromEntries(Object.entries(json(value, path)).map(([key, entry]) => [key, text(entry, `${path}.${key}`)]));

const version: Reader<1> = (value, path) => (value === 1 ? 1 : fail(path, 'version 1'));

function oneOf<const T extends string>(...values: T[]): Reader<T> {
  return (value, path) => (values.includes(value as T) ? (value as T) : fail(path, values.join(', ')));
}

function list<T>(reader: Reader<T>): Reader<T[]> {
  return (value, path) =>
    Array.isArray(value) ? value.map((entry, i) => reader(entry, `${path}[${i}]`)) : fail(path, 'a list');
}

function optional<T>(reader: Reader<T>): Optional<T> {
  return { optional: reader };
}

function object<T>(fields: Fields<T>): Reader<T> {
  return (value, path) => {
    const given = json(value, path);
    const result: JsonObject = {};
    for (const [name, field] of Object.entries(fields) as [string, Reader<unknown> | Optional<unknown>][]) {
      const at = path ? `${path}.${name}` : name;
      if (typeof field == 'function') result[name] = field(given[name], at);
      else if (given[name] !== undefined) result[name] = field.optional(given[name], at);
    }
    return result as T;
  };
}

const consent = oneOf('granted', 'denied', 'unknown');

const touch = object<Touch>({
  at: count,
  landing_url: optional(text),
  referrer: optional(text),
  source: optional(text),
  medium: optional(text),
  campaign: optional(text),
  term: optional(text),
  content: optional(text),
  click_ids: optional(strings),
});

const context = object<Context>({
  visitor_id: uuid,
  tab_id: uuid,
  session: object<Context['session']>({ id: uuid, started_at: count }),
  user_id: optional(text),
  touch: optional(touch),
  first_touch: optional(touch),
  ga: optional(object<NonNullable<Context['ga']>>({ client_id: optional(text), session_id: optional(text) })),
  device: optional(
    object<Device>({
      screen_width: optional(count),
      screen_height: optional(count),
      viewport_width: optional(count),
      viewport_height: optional(count),
      language: optional(text),
      time_zone: optional(text),
    }),
  ),
  consent: optional(consent),
});

type Data<T extends Item['type']> = Extract<Item, { type: T }>['data'];

const data: { [T in Item['type']]: Reader<Data<T>> } = {
  page_view: object<Data<'page_view'>>({ url: text, title: optional(text), referrer: optional(text) }),
  event: object<Data<'event'>>({
    name: text,
    props: optional(json),
    conversion: optional(flag),
    value: optional(text),
    currency: optional(text),
    url: optional(text),
  }),
  identify: object<Data<'identify'>>({ user_id: text, previous_id: optional(text), traits: optional(json) }),
  group: object<Data<'group'>>({ account_id: text, traits: optional(json) }),
  milestone: object<Data<'milestone'>>({ name: text, props: optional(json) }),
  page_ping: object<Data<'page_ping'>>({ visible_ms: count, scroll_max: count }),
  ga_linked: object<Data<'ga_linked'>>({ client_id: text, session_id: optional(text) }),
  consent: object<Data<'consent'>>({ state: consent }),
};

const item: Reader<Item> = (value, path) => {
  const type = oneOf(...(Object.keys(data) as Item['type'][]))(json(value, path)['type'], `${path}.type`);
  const common = object<Omit<ItemBase<string, unknown>, 'data'>>({
    type: text,
    id: uuid,
    at: count,
    seq: count,
    page_view_id: optional(uuid),
  })(value, path);
  return { ...common, data: data[type](json(value, path)['data'], `${path}.data`) } as Item;
};

/** Reads a batch; throws a {@link WireError} that names the first wrong field. */
export function readBatch(value: unknown): Batch {
  return object<Batch>({
    v: version,
    key: text,
    sent_at: count,
    sdk: object<Batch['sdk']>({ name: text, version: text, engine: optional(oneOf('wasm', 'js')) }),
    context,
    items: list(item),
  })(value, '');
}

/** Reads the answer to a batch; throws a {@link WireError} that names the first wrong field. */
export function readAnswer(value: unknown): BatchAnswer {
  return object<BatchAnswer>({
    v: version,
    received_at: count,
    results: list(
      object<ItemAnswer>({
        id: optional(uuid),
        status: oneOf('accepted', 'duplicate', 'dropped', 'retry'),
        reason: optional(text),
        field: optional(text),
        limit: optional(count),
        ignored: optional(list(text)),
        flagged: optional(list(text)),
      }),
    ),
  })(value, '');
}

/** Reads the answer to a request that was refused whole; throws a {@link WireError} that names the first wrong field. */
export function readError(value: unknown): ErrorAnswer {
  return object<ErrorAnswer>({
    error: object<ErrorAnswer['error']>({ code: text, message: text, field: optional(text), limit: optional(count) }),
  })(value, '');
}
