/** The wire fixtures, which the Rust types are tested with too, read by the TypeScript types. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { source } from './typescript.mjs';

const { readAnswer, readBatch, readError, WireError } = await source('wire.ts');
const dir = new URL('../../protocol/fixtures/v1/', import.meta.url);
const fixture = (name) => JSON.parse(readFileSync(new URL(name, dir), 'utf8'));
const readerOf = (name) =>
  name.startsWith('batch.') ? readBatch : name == 'answer.error.json' ? readError : readAnswer;

for (const name of readdirSync(dir).filter((file) => file.endsWith('.json'))) {
  test(`${name} is read whole`, () => {
    // The readers keep only the fields they know: an equal result means that no field of the fixture is unknown here.
    assert.deepEqual(readerOf(name)(fixture(name)), fixture(name));
  });
}

test('a field that a newer sender adds is ignored', () => {
  const batch = fixture('batch.minimal.json');
  assert.deepEqual(readBatch({ ...batch, compression: 'none' }), batch);
});

/** Changes one place of the full batch; the path is the one that the error has to name. */
const faults = {
  v: (batch) => (batch.v = 2),
  key: (batch) => delete batch.key,
  'sdk.engine': (batch) => (batch.sdk.engine = 'asm'),
  'context.visitor_id': (batch) => (batch.context.visitor_id = '7'),
  'context.user_id': (batch) => (batch.context.user_id = null),
  'context.touch.click_ids.gclid': (batch) => (batch.context.touch.click_ids.gclid = 1),
  'items[0].type': (batch) => (batch.items[0].type = 'pageview'),
  'items[1].data.conversion': (batch) => (batch.items[1].data.conversion = 'yes'),
  'items[4].data.visible_ms': (batch) => (batch.items[4].data.visible_ms = 1.5),
  'items[6].data.state': (batch) => (batch.items[6].data.state = 'maybe'),
};

for (const [path, spoil] of Object.entries(faults)) {
  test(`a wrong ${path} is named`, () => {
    const batch = fixture('batch.full.json');
    spoil(batch);
    assert.throws(
      () => readBatch(batch),
      (error) => error instanceof WireError && error.message.startsWith(`${path}: `),
    );
  });
}
