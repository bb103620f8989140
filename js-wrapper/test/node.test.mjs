/** The package where there is no browser: on a server, in a build, in a test of the site's own. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const before = new Set(Reflect.ownKeys(globalThis));
const waymark = await import('waymark');

const METHODS =
  'init page track identify alias group register unregister milestone conversion consent optOut optIn reset flush ready'.split(' ');

test('the default export and the named ones are the same functions', () => {
  for (const method of METHODS) assert.equal(waymark.default[method], waymark[method], method);
  assert.deepEqual(Object.keys(waymark.default).sort(), [...METHODS].sort());
});

test('importing leaves no global behind', () => {
  assert.deepEqual(Reflect.ownKeys(globalThis).filter((key) => !before.has(key)), []);
});

test('every call is safe with right, wrong and no arguments', async () => {
  const circular = {};
  circular.self = circular;
  const arguments_ = [[], [undefined], [null], ['x', circular], ['x', { n: 1n }], [{ key: 'wk_1', endpoint: 'no url' }]];
  for (const method of METHODS) {
    for (const args of arguments_) {
      const answer = waymark[method](...args);
      if (method == 'ready') assert.equal(await answer, null);
      else if (method == 'flush') assert.equal(await answer, 0);
      else assert.equal(answer, undefined, method);
    }
  }
});

test('a process that uses the package ends by itself', () => {
  const code = `
    import waymark from 'waymark';
    waymark.init({ key: 'wk_1', endpoint: 'https://collector.example' });
    for (let i = 0; i < 10_000; i++) waymark.track('tick', { i });
    if (await waymark.ready() !== null || await waymark.flush() !== 0) process.exit(3);
  `;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd,
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr);
});
