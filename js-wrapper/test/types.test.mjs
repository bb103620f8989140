/** The types as sites meet them, by the package's public names; `test/types/` has what compiles and what must not. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

test('right code compiles and wrong code does not', () => {
  const project = fileURLToPath(new URL('types', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
