/** Who is taken over from a sister site; what a browser does with it is tested in browsers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { source } from './typescript.mjs';

const { settle } = await source('linker.ts');

/** An id that was made at `at`. */
const id = (at) => at.toString(16).padStart(12, '0').replace(/^.{8}/, '$&-') + '-7000-8000-000000000000';
const [older, visitor, younger] = [1_000, 2_000, 3_000].map(id);
const [session, other] = [50_000, 60_000].map(id);
const brought = { visitor, session, last: 70_000 };
const record = (of, running, last, flags, user = '') => [of, running, 60_000, last, flags, user].join(' ');
const taken = `${visitor} ${session} 50000 70000 0 `;

test('a browser that nobody has been here with becomes the visitor of the sister site, in the session there', () => {
  assert.equal(settle(brought, '', ''), taken);
  assert.equal(settle(brought, '', 'a=b; wm_id=none'), taken);
});

test('of several ids the oldest holds, wherever it is kept', () => {
  assert.equal(settle(brought, record(older, other, 1, 0), ''), undefined);
  assert.equal(settle(brought, '', `wm_id=${older}`), undefined);
  assert.equal(settle(brought, record(younger, other, 1, 0), `x=1; wm_id=${older}`), undefined);
  assert.equal(settle(brought, record(younger, other, 99_000, 3, 'user 7'), `wm_id=${younger}`), taken);
});

test('after a reset nobody is brought back', () => {
  assert.equal(settle(brought, record(younger, other, 1, 4), `wm_id=${older}`), undefined);
});

test('of one visitor\'s two sessions the one goes on that was active last, and the user stays', () => {
  assert.equal(settle(brought, record(visitor, other, 70_001, 0), ''), undefined);
  assert.equal(settle(brought, record(visitor, session, 1, 3), ''), undefined, 'the same session keeps its flags');
  assert.equal(
    settle(brought, record(visitor, other, 69_999, 7, 'user 7 of us'), ''),
    `${visitor} ${session} 50000 70000 4 user 7 of us`,
  );
});
