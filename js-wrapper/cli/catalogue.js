/**
 * What an event catalogue may be: the same rules as the collector's (`collector/src/catalogue/`), with the same places
 * and words. `protocol/fixtures/catalogue/documents.json` is held against both.
 */

const NAME_CHARS = 100;
const EVENTS = 500;
const SHARED = 100;
const DESCRIPTION_CHARS = 1000;
const BYTES = 256 * 1024;
const DEPTH = 16;
const SCHEMAS = 2000;
const VALUES = 500;
const PATTERN_CHARS = 500;
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

class Unfit extends Error {
  constructor(at, message) {
    super(message);
    this.at = at;
  }
}

const below = (at, step) => `${at}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value) => typeof value !== 'object' || value === null;
const isText = (value) => typeof value === 'string';
const length = (text) => [...text].length;

function only(object, at, known) {
  const name = Object.keys(object)
    .sort()
    .find((name) => !known.includes(name));
  if (name !== undefined) {
    throw new Unfit(below(at, name), `There is no such member here; known are ${known.join(', ')}.`);
  }
}

function text(object, at, name) {
  const value = object[name];
  if (value !== undefined && !(isText(value) && length(value) <= DESCRIPTION_CHARS)) {
    throw new Unfit(below(at, name), `This has to be a text of at most ${DESCRIPTION_CHARS} characters.`);
  }
}

function members(document, name, most) {
  const value = document[name];
  if (value === undefined) return undefined;
  if (!isObject(value)) throw new Unfit(below('', name), 'This has to be an object.');
  if (Object.keys(value).length > most) throw new Unfit(below('', name), `There may be ${most} of them.`);
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One look at a schema with everything that it refers to. */
function walk(defs) {
  const within = [];
  let depth = 0;
  let schemas = 0;

  function schema(value, at) {
    if (++schemas > SCHEMAS) throw new Unfit(at, `One event may have ${SCHEMAS} schemas.`);
    if (depth === DEPTH) throw new Unfit(at, `Schemas may be ${DEPTH} levels deep.`);
    depth++;
    if (isObject(value)) {
      for (const keyword of Object.keys(value).sort()) check(keyword, value[keyword], below(at, keyword));
    } else if (typeof value !== 'boolean') {
      throw new Unfit(at, 'A schema is an object, true or false.');
    }
    depth--;
  }

  function check(keyword, value, at) {
    const wants = (good, what) => {
      if (!good) throw new Unfit(at, `This has to be ${what}.`);
    };
    switch (keyword) {
      case 'type':
        wants(
          Array.isArray(value) ? value.length && value.every((kind) => TYPES.includes(kind)) : TYPES.includes(value),
          `one of ${TYPES.join(', ')}, or a list of them`,
        );
        break;
      case 'const':
        wants(isScalar(value), 'a text, a number, true, false or null');
        break;
      case 'enum':
        wants(
          Array.isArray(value) && value.length >= 1 && value.length <= VALUES && value.every(isScalar),
          `a list of 1 to ${VALUES} texts, numbers, true, false or null`,
        );
        break;
      case 'properties':
        wants(isObject(value), 'an object of schemas by property');
        for (const name of Object.keys(value).sort()) schema(value[name], below(at, name));
        break;
      case 'required':
        wants(Array.isArray(value) && value.every(isText), 'a list of names');
        break;
      case 'additionalProperties':
      case 'items':
        schema(value, at);
        break;
      case 'anyOf':
      case 'oneOf':
      case 'allOf':
        wants(Array.isArray(value) && value.length, 'a list of schemas');
        value.forEach((entry, index) => schema(entry, below(at, index)));
        break;
      case 'minLength':
      case 'maxLength':
      case 'minItems':
      case 'maxItems':
        wants(Number.isInteger(value) && value >= 0, 'a whole number, 0 or more');
        break;
      case 'minimum':
      case 'maximum':
      case 'exclusiveMinimum':
      case 'exclusiveMaximum':
        wants(typeof value === 'number', 'a number');
        break;
      case 'multipleOf':
        wants(typeof value === 'number' && value > 0, 'a number above 0');
        break;
      case 'uniqueItems':
      case 'deprecated':
        wants(typeof value === 'boolean', 'true or false');
        break;
      case 'pattern':
        wants(
          isText(value) && length(value) <= PATTERN_CHARS,
          `a regular expression of at most ${PATTERN_CHARS} characters`,
        );
        break;
      case '$ref':
        reference(value, at);
        break;
      case 'title':
      case 'description':
      case '$comment':
      case 'format':
        wants(isText(value), 'a text');
        break;
      case 'default':
      case 'examples':
        break;
      default:
        throw new Unfit(at, `The keyword ${keyword} is not among those that a catalogue may use.`);
    }
  }

  function reference(value, at) {
    const name = isText(value) && value.startsWith('#/$defs/') ? value.slice('#/$defs/'.length) : undefined;
    if (name === undefined || !Object.hasOwn(defs, name)) {
      throw new Unfit(at, `A reference has to lead to one of the document's own $defs: "#/$defs/name".`);
    }
    if (within.includes(name)) throw new Unfit(at, 'This reference leads back to itself.');
    within.push(name);
    schema(defs[name], below('/$defs', name));
    within.pop();
  }

  return schema;
}

function event(name, value, defs) {
  const at = below('/events', name);
  if (!name || name.trim() !== name || /\p{Cc}/u.test(name)) {
    throw new Unfit(at, `An event's name is a text without spaces around it.`);
  }
  if (length(name) > NAME_CHARS) throw new Unfit(at, `An event's name may have ${NAME_CHARS} characters.`);
  if (!isObject(value)) throw new Unfit(at, 'An event is an object.');
  only(value, at, ['description', 'deprecated', 'props']);
  text(value, at, 'description');
  if (value.deprecated !== undefined && typeof value.deprecated !== 'boolean') {
    throw new Unfit(below(at, 'deprecated'), 'This has to be true or false.');
  }
  if (value.props === undefined) return;
  const props = below(at, 'props');
  if (!isObject(value.props)) throw new Unfit(props, 'This has to be a JSON Schema, an object.');
  if ((value.props.type ?? 'object') !== 'object') {
    throw new Unfit(
      below(props, 'type'),
      'The properties of an event are an object: "type" is "object" or left out.',
    );
  }
  walk(defs)(value.props, props);
}

function check(document) {
  if (!isObject(document)) throw new Unfit('', 'A catalogue is a JSON object.');
  only(document, '', ['$schema', 'version', 'description', 'events', 'common', '$defs']);
  if (document.version === undefined) throw new Unfit('', '"version": 1 is missing.');
  if (document.version !== 1) throw new Unfit('/version', 'The version of the format has to be 1.');
  text(document, '', '$schema');
  text(document, '', 'description');
  const defs = document.$defs ?? {};
  for (const [name, schema] of members(document, '$defs', SHARED) ?? []) walk(defs)(schema, below('/$defs', name));
  for (const [name, schema] of members(document, 'common', SHARED) ?? []) walk(defs)(schema, below('/common', name));
  const events = members(document, 'events', EVENTS);
  if (!events) throw new Unfit('', '"events" is missing: an object of events by name.');
  for (const [name, value] of events) event(name, value, defs);
  if (Buffer.byteLength(JSON.stringify(document)) > BYTES) throw new Unfit('', `A catalogue may have ${BYTES} bytes.`);
}

/** The first thing that is wrong with a document: where, as a JSON Pointer, and what. Undefined for a good one. */
export function checkCatalogue(document) {
  try {
    check(document);
    return undefined;
  } catch (error) {
    if (error instanceof Unfit) return { at: error.at, message: error.message };
    throw error;
  }
}
