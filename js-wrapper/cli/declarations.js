/**
 * From a checked catalogue to the text of a declaration file.
 *
 * Every keyword that a catalogue may use has a type here, or is one that no type can say (`pattern`, `minimum` and the
 * like), which the collector and debug mode check.
 */

const isName = (text) => /^[A-Za-z_$][\w$]*$/.test(text);
const quoted = (text) =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')}'`;
const literal = (value) => (typeof value === 'string' ? quoted(value) : JSON.stringify(value));
const key = (name) => (isName(name) ? name : quoted(name));

const unique = (types) => [...new Set(types)];
const union = (types) => unique(types).join(' | ');
const nested = (type) => (/ [|&] /.test(type) ? `(${type})` : type);

/** A comment of these lines, or nothing. */
function comment({ description, title, deprecated }, indent) {
  const lines = (description ?? title ?? '').split(/\r?\n/).map((line) => line.trim().replaceAll('*/', '*\\/'));
  if (deprecated) lines.push('@deprecated');
  const said = lines.filter((line, at) => line || (at && at < lines.length - 1));
  if (!said.length) return '';
  if (said.length === 1) return `${indent}/** ${said[0]} */\n`;
  return `${indent}/**\n${said.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

/** A writer of types that knows these definitions. */
function writer(defs) {
  function object(schema, indent) {
    const { properties = {}, required = [], additionalProperties = true } = schema;
    const inner = `${indent}  `;
    const names = unique([...Object.keys(properties), ...required]);
    const members = names.map((name) => {
      const shape = properties[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : true);
      const mark = required.includes(name) ? '' : '?';
      const about = typeof shape === 'object' ? comment(shape, inner) : '';
      return `${about}${inner}readonly ${key(name)}${mark}: ${type(shape, inner)};\n`;
    });
    if (additionalProperties !== false) {
      // Beside named properties an index has to be wide enough for each of them.
      const other = names.length ? 'unknown' : type(additionalProperties, inner);
      members.push(`${inner}readonly [property: string]: ${other};\n`);
    }
    return members.length ? `{\n${members.join('')}${indent}}` : '{ readonly [property: string]: never }';
  }

  function kind(name, schema, indent) {
    if (name === 'object') return object(schema, indent);
    if (name === 'array') return `readonly ${nested(type(schema.items ?? true, indent))}[]`;
    return name === 'integer' ? 'number' : name;
  }

  /** The type of one schema. */
  function type(schema, indent) {
    if (schema === true) return 'unknown';
    if (schema === false) return 'never';
    const parts = [];
    if (schema.$ref) parts.push(type(defs[schema.$ref.slice('#/$defs/'.length)], indent));
    if ('const' in schema) parts.push(literal(schema.const));
    else if (schema.enum) parts.push(union(schema.enum.map(literal)));
    else {
      // Keywords for one type say that this type is meant.
      const shaped = ['properties', 'required', 'additionalProperties'].some((keyword) => keyword in schema);
      const kinds = schema.type ?? (shaped ? 'object' : 'items' in schema ? 'array' : []);
      const types = [kinds].flat().map((name) => kind(name, schema, indent));
      if (types.length) parts.push(union(types.length > 1 ? types.map(nested) : types));
    }
    for (const choice of [schema.anyOf, schema.oneOf]) {
      if (choice) parts.push(union(choice.map((entry) => nested(type(entry, indent)))));
    }
    if (schema.allOf) parts.push(...schema.allOf.map((entry) => type(entry, indent)));
    const said = unique(parts.filter((part) => part !== 'unknown'));
    if (!said.length) return 'unknown';
    return said.length === 1 ? said[0] : said.map(nested).join(' & ');
  }

  return type;
}

/** The text of the declaration file. */
export function declarations(catalogue, { from, strict }) {
  const type = writer(catalogue.$defs ?? {});
  const events = Object.entries(catalogue.events)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, event]) => {
      // Properties of an event are an object, whether its schema says so or not.
      const props = event.props ? type({ type: 'object', ...event.props }, '    ') : 'Props';
      return `${comment(event, '    ')}    ${key(name)}: ${props};\n`;
    });
  return `/* Written by \`npx waymark types\` from ${from}. Changes go there. */

import type { Props } from 'waymark';

declare module 'waymark' {
  interface Events {
${events.join('')}  }
  interface EventSettings {
    strict: ${strict};
  }
}

/** Properties of an event of which the catalogue says nothing. */
export type { Props };
`;
}
