/** The pure parts of autocapture: what is on, what may be said of a text, what was played, what a page's vitals add up to. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { source as load } from './typescript.mjs';

const { PARTS, parts } = await load('autocapture/parts.ts');
const { bare, cut, file, plain, snake } = await load('autocapture/text.ts');
const { message, placed, source } = await load('autocapture/errors.ts');
const { percent } = await load('autocapture/media.ts');
const { interaction, shift } = await load('autocapture/vitals.ts');

test('the parts are those that a setting names', () => {
  assert.deepEqual([...parts(true)], PARTS);
  assert.deepEqual([...parts('clicks, forms  vitals')], ['clicks', 'forms', 'vitals']);
  assert.deepEqual([...parts({ clicks: true, forms: false, rage: 1 })], ['clicks']);
  for (const none of [undefined, false, null, '', ' ', {}]) assert.equal(parts(none).size, 0);
});

test('a text is on one line, bounded, and never half a character', () => {
  assert.equal(plain('  Buy\n\tnow  '), 'Buy now');
  assert.equal(plain(''), undefined);
  assert.equal(plain(' \n '), undefined);
  assert.equal(cut('ab😀', 3), 'ab');
  assert.equal(plain('x'.repeat(5000)).length, 100);
  assert.ok(plain('a@'.repeat(5000)).length <= 100);
});

test('a text names nobody', () => {
  for (const [given, kept] of [
    ['Write to me@example.com now', 'Write to * now'],
    ['(me%40example.com)', '(*)'],
    ['Card 4111 1111-1111 1111', 'Card *'],
    ['Call +49 30 1234567', 'Call +*'],
    ['Buy 12 for 1999', 'Buy 12 for 1999'],
    ['at https://a.example/p?token=abc#x (see)', 'at https://a.example/p (see)'],
    ['What? #1', 'What? #1'],
  ]) {
    assert.equal(plain(given), kept);
  }
});

test('an address is scheme, host and path', () => {
  assert.equal(bare(new URL('https://me:pass@a.example:8080/p/q?x=1#y')), 'https://a.example:8080/p/q');
  assert.equal(bare(new URL('https://a.example/u/me@example.com/x')), 'https://a.example/u/*/x');
  assert.equal(bare(new URL('https://a.example/@name')), 'https://a.example/@name');
  assert.equal(bare(new URL('https://a.example/' + 'p'.repeat(900))).length, 500);
});

test('attributes are properties in snake case', () => {
  assert.equal(snake('PlanName'), 'plan_name');
  assert.equal(snake('Place'), 'place');
});

test('a file is one by its extension, as the documentation lists them', () => {
  assert.deepEqual(file('/a/Price%20List.PDF'), ['Price%20List.PDF', 'pdf']);
  for (const none of ['/', '/pdf', '/a.pdf/', '/index.html', '/v1.2']) assert.equal(file(none), undefined);
  const documented = /Files are those that end in ([^.]*)\./.exec(
    readFileSync(new URL('../../docs/autocapture.md', import.meta.url), 'utf8'),
  );
  for (const extension of documented[1].split(/,\s+/)) assert.equal(file(`/x.${extension}`)?.[1], extension, extension);
});

test('a message keeps what it is and loses what it quotes', () => {
  assert.equal(
    message('SyntaxError: Unexpected token \'h\', "hunter2 "x" and" is not valid JSON'),
    'SyntaxError: Unexpected token \'h\', "*" is not valid JSON',
  );
  assert.equal(
    message("TypeError: Cannot read properties of undefined (reading 'id')"),
    "TypeError: Cannot read properties of undefined (reading 'id')",
  );
  assert.ok(message('x'.repeat(5000)).length == 200);
});

test('an error has its place without query', () => {
  assert.equal(source('https://a.example/app.js?v=1#x'), 'https://a.example/app.js');
  for (const none of ['', undefined, 'data:text/javascript,secret', 'blob:https://a/1']) assert.ok(!source(none));
  const chromium = 'Error: x\n    at fail (https://a.example/app.js?v=1:12:34)\n    at https://a.example/b.js:1:2';
  assert.deepEqual(placed(chromium), ['https://a.example/app.js?v=1', '12']);
  assert.deepEqual(placed('fail@https://a.example/app.js:12:34\n'), ['https://a.example/app.js', '12']);
  assert.deepEqual(placed(undefined), []);
});

test('played is what was played, once', () => {
  const ranges = (...pairs) => ({ length: pairs.length, start: (i) => pairs[i][0], end: (i) => pairs[i][1] });
  assert.equal(percent(ranges([0, 5]), 20), 25);
  assert.equal(percent(ranges([0, 2], [18, 20]), 20), 20);
  assert.equal(percent(ranges([0, 19.8]), 20), 100);
  assert.equal(percent(ranges([0, 5]), Infinity), 0);
  assert.equal(percent(ranges([0, 5]), NaN), 0);
});

test('layout shifts add up within a window of five seconds without a gap of one', () => {
  const shifts = { sum: 0, first: 0, last: -Infinity };
  const at = (startTime, value) => shift(shifts, { startTime, value });
  assert.equal(at(100, 1), 1);
  assert.equal(at(1099, 1), 2);
  assert.equal(at(2099, 4), 4, 'a gap of a second begins anew');
  for (const time of [3000, 3900, 4800, 5700, 6600]) at(time, 1);
  assert.equal(at(7099, 8), 8, 'so do five seconds');
});

test('the longest interaction counts, but for one in fifty', () => {
  const longest = [];
  assert.equal(interaction(longest, 1, 80, 1), 80);
  assert.equal(interaction(longest, 2, 40, 2), 80);
  assert.equal(interaction(longest, 2, 120, 2), 120, 'an interaction is as long as its longest event');
  for (let id = 3; id < 60; id++) interaction(longest, id, 16, id);
  assert.equal(interaction(longest, 60, 16, 60), 80);
  assert.equal(longest.length, 10);
});
