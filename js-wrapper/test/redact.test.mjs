/** The guard at addresses: what it replaces, and what it has to leave as it is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { source } from './typescript.mjs';

const { guard, redact } = await source('redact.ts');

/** What becomes of an address under these settings. */
const under = (settings) => {
  guard(settings);
  return redact;
};

const REDACTED = {
  'https://a.example/?email=ann%40mail.example&x=1': 'https://a.example/?email=redacted&x=1',
  'https://a.example/?q=ann@mail.example': 'https://a.example/?q=redacted',
  'https://a.example/?q=write+to+ann%2Bnews%40mail.example': 'https://a.example/?q=redacted',
  'https://a.example/?next=https%3A%2F%2Fb.example%2F%3Fm%3Dann%2540mail.example&x': 'https://a.example/?next=redacted&x',
  'https://a.example/?next=/b?m=ann@mail.example': 'https://a.example/?next=redacted',
  'https://a.example/?ann@mail.example': 'https://a.example/?redacted',
  'https://a.example/users/ann@mail.example/orders': 'https://a.example/users/redacted/orders',
  'https://a.example/users/ann%40mail.example?x=1#y': 'https://a.example/users/redacted?x=1#y',
  'https://a.example/#/users/ann@mail.example?tab=1': 'https://a.example/#/users/redacted?tab=1',
  'https://a.example/#access_token=abc&state=x': 'https://a.example/#access_token=redacted&state=x',
  'https://a.example/?m=%ZZann%40mail.example': 'https://a.example/?m=redacted',
  'https://a.example/?card=4111111111111111': 'https://a.example/?card=redacted',
  'https://a.example/?card=4111-1111-1111-1111': 'https://a.example/?card=redacted',
  'https://a.example/?note=paid+5500+0000+0000+0004+today': 'https://a.example/?note=redacted',
  'https://a.example/?card=378282246310005&x=1': 'https://a.example/?card=redacted&x=1',
  'https://a.example/pay/4111%201111%201111%201111': 'https://a.example/pay/redacted',
  'https://ann@mail.example/x': 'https://redacted/x',
  'https://a.example/?PASSWORD=secret&Phone=1': 'https://a.example/?PASSWORD=redacted&Phone=redacted',
  '/users/ann@mail.example': '/users/redacted',
  'mailto:ann@mail.example': 'redacted',
  'android-app://com.mail/ann@mail.example': 'android-app://com.mail/redacted',
};

for (const [given, expected] of Object.entries(REDACTED)) {
  test(`${given} is ${expected}`, () => assert.equal(under({})(given), expected));
}

const LEFT = [
  'https://a.example/p?utm_source=newsletter&utm_medium=e+mail&gclid=Cj0KCQ-jw_1234567890123456',
  'https://a.example/npm/vue@3.2.1/dist',
  'https://medium.example/@ann.doe/story',
  'https://maps.example/@51.5074,-0.1278,15z',
  // A time, digits that fail Luhn's check, digits within a word, Google Analytics' client id.
  'https://a.example/?t=1749482504000&n=4111111111111112&o=A4111111111111111&_ga=1162820436.1749482504',
  'https://a.example/?email=&a=%E0%A4%A&b#c',
  'https://a.example:8080/?=x&&y=#',
  'not an address: ann@mail.example',
  'ann@mail.example',
  '',
];

for (const given of LEFT) {
  test(`${given} stays`, () => assert.equal(under({})(given), given));
}

test('the site redacts more and lets through', () => {
  const change = under({ redactParams: ['iban', 'Ref'], allowParams: 'contact, token' });
  assert.equal(
    change('https://a.example/?IBAN=DE1&ref=7&contact=ann@mail.example&token=t&email=e'),
    'https://a.example/?IBAN=redacted&ref=redacted&contact=ann@mail.example&token=t&email=redacted',
  );
});

test('the guard can be switched off', () => {
  const given = 'https://a.example/?email=ann@mail.example';
  assert.equal(under({ redactParams: false })(given), given);
});

test('what is no text stays', () => {
  for (const given of [7, null, undefined, ['/ann@mail.example']]) assert.equal(under({})(given), given);
});

test('a long address takes no long time', () => {
  const start = performance.now();
  for (const part of ['@', 'a@', '4 ', '4-', '%25', '%2540', 'a=', '/4', '.a']) {
    under({})(`https://a.example/?q=${part.repeat(4_000)}`);
  }
  assert.ok(performance.now() - start < 1_000);
});
