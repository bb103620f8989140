/** Debug mode's look at events, held against the fixtures that the collector is held against, too. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { source } from './typescript.mjs';

const { judge } = await source('inspector/check.ts');
const read = (name) => JSON.parse(readFileSync(new URL(`../../protocol/fixtures/catalogue/${name}`, import.meta.url)));

test('the fixtures are judged as they say', () => {
  const { document, cases } = read('judged.json');
  const find = judge(document);
  assert.ok(cases.length > 25);
  for (const { name, props, field } of cases) {
    assert.equal(find(name, props)?.field ?? null, field, JSON.stringify({ name, props }));
  }
});

test('what autocapture and the adapters record is known without being declared', () => {
  const names = read('own.json');
  const find = judge({ events: {} });
  for (const name of names) assert.equal(find(name, {}), undefined, name);
  assert.equal(find('clicked', {})?.field, 'data.name');

  const recorded = ['autocapture', 'adapter'].flatMap((folder) => {
    const at = new URL(`../src/${folder}/`, import.meta.url);
    const text = readdirSync(at).map((file) => readFileSync(new URL(file, at), 'utf8')).join('');
    return [...text.matchAll(/\b(?:send|note|track|ended?)\(([^,)]*(?:\)[^,)]*)?)/g)].flatMap(([, name]) =>
      [...name.matchAll(/'([a-z_]+)'/g)].map(([, literal]) => literal),
    );
  });
  assert.deepEqual([...new Set(recorded)].sort(), names);
});

test('an event without properties is one with none', () => {
  const { document } = read('judged.json');
  const find = judge(document);
  assert.deepEqual(find('plan_chosen', undefined), { field: 'data.props.plan', message: 'is missing' });
  assert.equal(find('opened', undefined), undefined);
});

test('a pattern that only the collector knows is left to it', () => {
  const find = judge({ events: { a: { props: { properties: { x: { pattern: '(?i)abc' } } } } } });
  assert.equal(find('a', { x: 'ABC' }), undefined);
});
