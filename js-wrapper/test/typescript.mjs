/** Imports a module of `src/` as it is written, for what the built package does not export. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function source(path) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/${path}`],
    bundle: true,
    write: false,
    format: 'esm',
    // As it is written; the build takes the same file from wasm-bindgen.
    alias: { '#host': join(root, '../sdk-wasm/src/browser/host.js') },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
