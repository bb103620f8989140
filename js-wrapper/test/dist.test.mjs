/** The built files: that they fit together, and the promises that can be read off them. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Script } from 'node:vm';

const root = new URL('../', import.meta.url);
const read = (path, encoding = 'utf8') => readFileSync(new URL(path, root), encoding);
const manifest = JSON.parse(read('dist/manifest.json'));
const { version, exports } = JSON.parse(read('package.json'));

test('the manifest names files by what they hold', () => {
  const hash = (file) => createHash('sha256').update(read(`dist/${file}`, null)).digest('hex').slice(0, 12);
  assert.equal(manifest.version, version);
  assert.equal(manifest.scriptHash, hash(manifest.script));
  const [, algorithm, digest] = /^(sha256)-(.*)$/.exec(manifest.integrity);
  assert.equal(digest, createHash(algorithm).update(read(`dist/${manifest.script}`, null)).digest('base64'));
  assert.equal(manifest.fallback, `fallback.${hash(manifest.fallback)}.js`);
  assert.deepEqual(read('dist/fallback.js'), read(`dist/${manifest.fallback}`));
  assert.equal(manifest.wasm, `waymark.${hash(manifest.wasm)}.wasm`);
  assert.equal(manifest.bytes.wasm, statSync(new URL(`dist/${manifest.wasm}`, root)).size);
});

test('the script asks for the WebAssembly file of its own build', () => {
  assert.ok(read(`dist/${manifest.script}`).includes(`"${manifest.wasm}"`));
});

test('the script and the npm entry ask for the autocapture chunk of their build', () => {
  assert.ok(read(`dist/${manifest.script}`).includes(`"${manifest.autocapture}"`));
  assert.match(read('dist/index.js'), /import\("\.\/autocapture\.js"\)/);
  assert.equal(read(`dist/${manifest.autocapture}`), read('dist/autocapture.js'));
});

test('the fallback takes what the WebAssembly imports and gives what it exports', async () => {
  const module = new WebAssembly.Module(read(`dist/${manifest.wasm}`, null));
  const names = (entries) => entries.map(({ name }) => name).sort();
  const { default: instantiate } = await import(new URL(`dist/${manifest.fallback}`, root));
  const asked = new Set();
  const imports = new Proxy({}, { get: (_, name) => (asked.add(name), () => 0) });
  const [{ module: from }] = WebAssembly.Module.imports(module);
  const exports = instantiate({ [from]: imports });
  assert.deepEqual([...asked].sort(), names(WebAssembly.Module.imports(module)));
  assert.deepEqual(Object.keys(exports).sort(), names(WebAssembly.Module.exports(module)));
});

test('the memory of the fallback detaches when it grows', async () => {
  const { default: instantiate } = await import(new URL(`dist/${manifest.fallback}`, root));
  const exports = instantiate({ a: new Proxy({}, { get: () => () => 0 }) });
  const memory = Object.values(exports).find((value) => value.buffer);
  const before = new Uint8Array(memory.buffer);
  before[7] = 7;
  assert.equal(memory.grow(1), 1);
  assert.equal(before.byteLength, 0);
  assert.deepEqual([memory.buffer.byteLength, new Uint8Array(memory.buffer)[7]], [131_072, 7]);
});

test('every export of the package is there', () => {
  const paths = Object.values(exports).flatMap((target) => (typeof target == 'string' ? [target] : Object.values(target)));
  for (const path of paths) assert.ok(statSync(new URL(path, root)).size > 0, path);
});

test('bundlers find the WebAssembly file from the npm entry', () => {
  assert.match(read('dist/index.js'), /new URL\("\.\/waymark_bg\.wasm",\s*import\.meta\.url\)/);
  assert.deepEqual(read('dist/waymark_bg.wasm', null), read(`dist/${manifest.wasm}`, null));
});

test('the WebAssembly needs nothing but its glue', () => {
  const module = new WebAssembly.Module(read(`dist/${manifest.wasm}`, null));
  assert.equal(new Set(WebAssembly.Module.imports(module).map((entry) => entry.module)).size, 1);
});

for (const file of ['stub.js', 'waymark.js']) {
  test(`${file} is a script that gives the page no name of its own`, () => {
    const code = read(`dist/${file}`).trim();
    assert.doesNotThrow(() => new Script(code));
    assert.match(code, /^"use strict";\(\(\)=>\{.*\}\)\(\)$/s);
  });
}

test('the README shows the inline snippet as it is built', () => {
  assert.ok(read('README.md').includes(`<script>${read('dist/stub.js').trim()}</script>`));
});
