// Writes src/lib/api/schema.d.ts from the collector's own description of its API, or says where the two differ.
//
//   npm run api -- http://127.0.0.1:8700/api/v1/openapi.json
//   npm run api -- --check openapi.json
//
// It knows the part of OpenAPI 3.1 that the collector writes, and fails at anything else.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('src/lib/api/schema.d.ts', import.meta.url);
const PREFIX = '/api/v1';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const wants = process.argv.slice(2);
const check = wants[0] === '--check';
const from = wants[check ? 1 : 0];
if (from === undefined) throw new Error('name the address or the file of an OpenAPI document');
const text = /^https?:/.test(from) ? await (await fetch(from)).text() : readFileSync(from, 'utf8');
const written = write(JSON.parse(text));

if (!check) {
  writeFileSync(FILE, written);
} else if (readFileSync(FILE, 'utf8') !== written) {
  console.error('src/lib/api/schema.d.ts is not what the collector describes: npm run api -- <its /api/v1/openapi.json>');
  process.exit(1);
}

function write(described) {
  const schemas = Object.entries(described.components.schemas).map(([name, schema]) => field(name, schema, true));
  const calls = Object.entries(described.paths)
    .filter(([path]) => path.startsWith(`${PREFIX}/`))
    .flatMap(([path, methods]) => METHODS.filter((method) => methods[method]).map((method) => call(path, method, methods[method])));
  return [
    '// Written by api-types.mjs from /api/v1/openapi.json. Changes belong there.',
    '',
    '/** The shapes that the API names. */',
    'export interface Schemas {',
    ...schemas,
    '}',
    '',
    '/** Every call by its method and its path below /api/v1. */',
    'export interface Calls {',
    ...calls,
    '}',
    '',
  ].join('\n');
}

function call(path, method, operation) {
  const parameters = (place) => {
    const named = (operation.parameters ?? []).filter((one) => one.in === place);
    if (named.length === 0) return 'Record<string, never>';
    return block(named.map((one) => field(one.name, { ...one.schema, description: one.description }, one.required === true, '      ')), '    ');
  };
  const body = operation.requestBody?.content?.['application/json']?.schema;
  const good = Object.entries(operation.responses).find(([status]) => /^2/.test(status))?.[1];
  const answer = good?.content?.['application/json']?.schema;
  const name = `${method.toUpperCase()} ${path.slice(PREFIX.length)}`;
  return [
    ...comment(operation.summary ?? operation.description, '  '),
    `  '${name}': {`,
    `    path: ${parameters('path')};`,
    `    query: ${parameters('query')};`,
    `    body: ${body === undefined ? 'never' : type(body, '    ')};`,
    `    answer: ${answer === undefined ? 'void' : type(answer, '    ')};`,
    '  };',
  ].join('\n');
}

/** A property with its comment. */
function field(name, schema, required, indent = '  ') {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
  return [...comment(schema.description, indent), `${indent}${key}${required ? '' : '?'}: ${type(schema, indent)};`].join('\n');
}

function type(schema, indent) {
  if (schema === true || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref !== undefined) return `Schemas['${schema.$ref.slice('#/components/schemas/'.length)}']`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return [...new Set(alternatives.map((one) => type(one, indent)))].join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((one) => enclosed(type(one, indent))).join(' & ');
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one }, indent)).join(' | ');
  switch (schema.type) {
    case 'null':
    case 'string':
    case 'boolean':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `${enclosed(type(schema.items ?? {}, indent))}[]`;
    case 'object':
    case undefined:
      return object(schema, indent);
  }
  throw new Error(`what is ${JSON.stringify(schema)}?`);
}

function object(schema, indent) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {});
  const more = schema.additionalProperties;
  const values = more === undefined || more === false ? null : `Record<string, ${type(more, indent)}>`;
  if (fields.length === 0) return values ?? 'Record<string, unknown>';
  const named = block(fields.map(([name, one]) => field(name, one, required.has(name), `${indent}  `)), indent);
  return values === null ? named : `${named} & ${values}`;
}

function block(fields, indent) {
  return `{\n${fields.join('\n')}\n${indent}}`;
}

function enclosed(written) {
  return written.includes(' | ') || written.includes(' & ') ? `(${written})` : written;
}

function comment(words, indent) {
  if (words === undefined || words === null || words === '') return [];
  const lines = words.replaceAll('*/', '*\\/').split('\n').map((line) => line.trim());
  return lines.length === 1 ? [`${indent}/** ${lines[0]} */`] : [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}
