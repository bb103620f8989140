/** Parked calls where there is no storage at all; what real storage does is tested in browsers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { source } from './typescript.mjs';

test('without storage nothing is kept and nothing throws', async () => {
  assert.equal(typeof localStorage, 'undefined');
  const { isParked, park, takeParked } = await source('parked.ts');
  const landing = { url: 'https://shop.example/', referrer: '', at: 1 };
  assert.equal(park({ id: 'a', at: 1, left: true, landing, calls: [] }), false);
  assert.equal(isParked('a'), false);
  assert.deepEqual(takeParked('b'), []);
});
