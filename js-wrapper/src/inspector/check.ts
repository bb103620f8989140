/**
 * Holds events against the site's event catalogue in the browser, for developers: the same findings as the collector's.
 *
 * Owns the part of JSON Schema that a catalogue may use (`docs/catalogue.md`); what a document may be is for whoever sets
 * it to be told. `protocol/fixtures/catalogue/judged.json` is held against this and against the collector. Says of an
 * event the first thing that is wrong.
 */

/** A schema of the part that a catalogue may use. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** A catalogue's document. */
export interface Document {
  readonly events: Readonly<Record<string, { description?: string; deprecated?: boolean; props?: Record<string, unknown> }>>;
  readonly common?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** What is wrong with an event, and where. */
export interface Finding {
  readonly field: string;
  readonly message: string;
}

/** Events that the SDK and its adapters make themselves. */
const OWN =
  /^(click|content_(exported|generated)|dead_click|file_downloaded|form_(abandoned|started|submitted)|generation_failed|js_error|outbound_clicked|rage_click|tool_(entered|exited)|video_(completed|progress|started)|web_vital)$/;

const own = (object: object, name: string) => Object.prototype.hasOwnProperty.call(object, name);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value == 'object' && value !== null && !Array.isArray(value);

const KINDS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value == 'string',
  number: (value) => typeof value == 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value == 'boolean',
  object: isObject,
  array: Array.isArray,
  null: (value) => value === null,
};

/** One text for what is equal. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );

/** What is said of numbers, texts and lists, by keyword: whether it holds, and what it asks for. */
const LIMITS: Record<string, (value: unknown, limit: never) => string | false> = {
  minimum: (value, limit: number) => typeof value == 'number' && value < limit && `has to be ${limit} or more`,
  maximum: (value, limit: number) => typeof value == 'number' && value > limit && `has to be ${limit} or less`,
  exclusiveMinimum: (value, limit: number) => typeof value == 'number' && value <= limit && `has to be more than ${limit}`,
  exclusiveMaximum: (value, limit: number) => typeof value == 'number' && value >= limit && `has to be less than ${limit}`,
  multipleOf: (value, step: number) =>
    typeof value == 'number' && Math.abs(value / step - Math.round(value / step)) > 1e-9 && `has to be a multiple of ${step}`,
  minLength: (value, limit: number) => typeof value == 'string' && [...value].length < limit && `has to have ${limit} characters or more`,
  maxLength: (value, limit: number) => typeof value == 'string' && [...value].length > limit && `has to have ${limit} characters or fewer`,
  pattern: (value, pattern: string) => typeof value == 'string' && !matches(pattern, value) && `has to match ${pattern}`,
  minItems: (value, limit: number) => Array.isArray(value) && value.length < limit && `has to have ${limit} entries or more`,
  maxItems: (value, limit: number) => Array.isArray(value) && value.length > limit && `has to have ${limit} entries or fewer`,
  uniqueItems: (value, wanted: boolean) =>
    wanted && Array.isArray(value) && new Set(value.map(canonical)).size < value.length && 'has an entry twice',
};

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    // Written for the collector's engine, in a way that this one does not know: the collector will say.
    return true;
  }
}

/** Whatever holds events against `document`. */
export function judge(document: Document): (name: string, props: unknown) => Finding | undefined {
  const wrong = (field: string, message: string): Finding => ({ field, message });

  function check(schema: Schema, value: unknown, at: string): Finding | undefined {
    if (schema === true) return undefined;
    if (schema === false) return wrong(at, 'may not be there');
    const { type, $ref, anyOf, oneOf, allOf, items } = schema as {
      type?: string | string[];
      $ref?: string;
      anyOf?: Schema[];
      oneOf?: Schema[];
      allOf?: Schema[];
      items?: Schema;
    };
    const choices = schema['enum'] as unknown[] | undefined;
    const kinds = ([] as string[]).concat(type ?? []);
    if (kinds.length && !kinds.some((kind) => KINDS[kind]?.(value))) return wrong(at, `has to be of type ${kinds.join(' or ')}`);
    if ('const' in schema && schema['const'] !== value) return wrong(at, `has to be ${JSON.stringify(schema['const'])}`);
    if (choices && !choices.includes(value)) {
      return wrong(at, `has to be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
    }
    for (const keyword in LIMITS) {
      const said = own(schema, keyword) && LIMITS[keyword]?.(value, schema[keyword] as never);
      if (said) return wrong(at, said);
    }
    const referred = $ref && document.$defs?.[$ref.slice('#/$defs/'.length)];
    let found = referred ? check(referred, value, at) : undefined;
    for (const part of allOf ?? []) found ??= check(part, value, at);
    const fits = (parts: Schema[]) => parts.filter((part) => !check(part, value, at)).length;
    if (anyOf && !fits(anyOf)) found ??= wrong(at, 'is none of what it may be');
    if (oneOf && fits(oneOf) != 1) found ??= wrong(at, 'has to be exactly one of what it may be');
    if (items !== undefined && Array.isArray(value)) {
      for (const entry of value) found ??= check(items, entry, `${at}[]`);
    }
    return found ?? (isObject(value) ? members(schema, value, at) : undefined);
  }

  function members(schema: Exclude<Schema, boolean>, value: Record<string, unknown>, at: string): Finding | undefined {
    const { properties = {}, required = [], additionalProperties: other = true } = schema as {
      properties?: Record<string, Schema>;
      required?: string[];
      additionalProperties?: Schema;
    };
    const missing = required.find((name) => !own(value, name));
    if (missing !== undefined) return wrong(`${at}.${missing}`, 'is missing');
    for (const name in value) {
      const declared = own(properties, name);
      if (!declared && other === false) return wrong(`${at}.${name}`, 'is not among the properties');
      const found = check((declared ? properties[name] : other) as Schema, value[name], `${at}.${name}`);
      if (found) return found;
    }
    return undefined;
  }

  return (name, props = {}) => {
    const event = own(document.events, name) ? document.events[name] : undefined;
    if (!event) return OWN.test(name) ? undefined : wrong('data.name', `there is no event ${name} in the catalogue`);
    const { props: schema } = event;
    if (!schema) return undefined;
    const properties = { ...document.common, ...(schema['properties'] as object) };
    return check({ type: 'object', ...schema, properties }, props, 'data.props');
  };
}
