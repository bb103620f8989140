/** `npx waymark types`, run as a program. `test/events/` has a catalogue, what is written for it, and code that uses it. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { checkCatalogue } from '../cli/catalogue.js';
import { declarations } from '../cli/declarations.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = at('../cli/waymark.js');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Runs the program in a folder. */
async function waymark(cwd, ...args) {
  const child = spawn(process.execPath, [program, ...args], { cwd });
  let out = '';
  let said = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (said += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, out, said };
}

/** A folder of a test's own, with these files. */
function folder(t, files = {}) {
  const path = mkdtempSync(join(tmpdir(), 'waymark-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content == 'string' ? content : JSON.stringify(content));
  }
  return path;
}

const catalogue = { version: 1, events: { opened: {} } };

test('the written types are those that are checked in, and code is held against them', async () => {
  const { code, out, said } = await waymark(at('events'), 'types', '--check');
  assert.equal(code, 0, said);
  assert.match(out, /up to date: 6 events/);
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', at('events')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('a file is written once and checked from then on', async (t) => {
  const cwd = folder(t, { 'waymark.events.json': catalogue });
  let ran = await waymark(cwd, 'types', '--check');
  assert.equal(ran.code, 1);
  assert.match(ran.said, /waymark\.events\.d\.ts is not there: run npx waymark types/);
  ran = await waymark(cwd, 'types');
  assert.deepEqual([ran.code, ran.out], [0, 'waymark.events.d.ts: 1 event\n']);
  ran = await waymark(cwd, 'types');
  assert.match(ran.out, /unchanged/);
  assert.equal((await waymark(cwd, 'types', '--check')).code, 0);
  writeFileSync(join(cwd, 'waymark.events.json'), JSON.stringify({ version: 1, events: { opened: {}, closed: {} } }));
  ran = await waymark(cwd, 'types', '--check');
  assert.equal(ran.code, 1);
  assert.match(ran.said, /out of date/);
  assert.equal((await waymark(cwd, 'types', '--loose', '--out=loose.d.ts')).code, 0);
  assert.match(readFileSync(join(cwd, 'loose.d.ts'), 'utf8'), /strict: false/);
});

test('errors name the file and the place, and nothing is written', async (t) => {
  const broken = { version: 1, events: { a: { props: { properties: { x: { type: 'nubmer' } } } } } };
  const cwd = folder(t, { 'broken.json': broken, 'text.json': '{' });
  for (const [args, words] of [
    [[], 'waymark.events.json: there is no such file'],
    [['broken.json'], 'broken.json: /events/a/props/properties/x/type: This has to be one of'],
    [['text.json'], 'text.json: this is not JSON'],
    [['--outt', 'x'], 'there is no option --outt'],
    [['a', 'b'], 'one file is enough'],
    [['--out'], '--out needs a value'],
    [['--url', 'https://a.example'], '--url and --key go together'],
    [['--url', 'nowhere', '--key', 'wk_1'], '--url nowhere: this is no URL'],
  ]) {
    const { code, said } = await waymark(cwd, 'types', ...args);
    assert.equal(code, 2, said);
    assert.ok(said.includes(words), said);
  }
  assert.throws(() => readFileSync(join(cwd, 'waymark.events.d.ts')));
  assert.equal((await waymark(cwd, 'typos')).code, 2);
  for (const help of [[], ['--help'], ['types', '--help']]) {
    const { code, out } = await waymark(cwd, ...help);
    assert.equal(code, 0);
    assert.match(out, /^Usage: waymark types/);
  }
});

test('a collector gives the catalogue by its key', async (t) => {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    const known = request.url.endsWith('key=wk_1');
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    const error = { error: { code: 'unknown_key', message: 'No site has this write key.' } };
    response.end(JSON.stringify(known ? { mode: 'off', document: catalogue } : error));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const cwd = folder(t);
  let ran = await waymark(cwd, 'types', '--url', url, '--key', 'wk_1');
  assert.equal(ran.code, 0, ran.said);
  ran = await waymark(cwd, 'types', '--url', `${url}/stats/events`, '--key', 'wk_1', '--check');
  assert.equal(ran.code, 0, ran.said);
  assert.deepEqual(asked, ['/v1/catalogue?key=wk_1', '/stats/catalogue?key=wk_1']);
  ran = await waymark(cwd, 'types', '--url', url, '--key', 'wk_2');
  assert.equal(ran.code, 2);
  assert.match(ran.said, /No site has this write key/);
});

test('the fixtures are documents or say where they are not, as for the collector', () => {
  const cases = JSON.parse(readFileSync(at('../../protocol/fixtures/catalogue/documents.json'), 'utf8'));
  assert.ok(cases.length > 20);
  for (const { document, at } of cases) assert.equal(checkCatalogue(document)?.at, at, JSON.stringify(document));
});

test('names, texts and comments stay what they are in TypeScript', () => {
  const odd = {
    version: 1,
    events: {
      "it's": { description: 'Ends here: */ and\n\ngoes on.', props: { properties: { 'a-b': { const: "'\\\n" } } } },
      plain: { props: { type: 'object', properties: { x: { type: 'array', items: { enum: ['a', 1] } } } } },
    },
  };
  const text = declarations(odd, { from: 'odd.json', strict: true });
  assert.ok(text.includes(`'it\\'s': {`), text);
  assert.ok(text.includes(`readonly 'a-b'?: '\\'\\\\\\n';`), text);
  assert.ok(text.includes(`Ends here: *\\/ and\n     *\n     * goes on.`), text);
  assert.ok(text.includes(`readonly x?: readonly ('a' | 1)[];`), text);
});
