/**
 * The peers as a site would ship them, and the bytes of everybody.
 *
 * peers/*.js → target/bench/sdk/*.js   each bundled with its settings, minified
 * target/bench/sdk/files.json          sizes and versions; of Waymark the files as they are built
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { compressed } from '../../js-wrapper/build/size.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../target/bench/sdk');
const dist = join(here, '../../js-wrapper/dist');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
mkdirSync(out, { recursive: true });

const peers = {
  posthog: 'posthog-js',
  snowplow: '@snowplow/browser-tracker',
  plausible: '@plausible-analytics/tracker',
};
await build({
  absWorkingDir: here,
  entryPoints: Object.keys(peers).map((name) => `peers/${name}.js`),
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
});

const manifest = json(join(dist, 'manifest.json'));
const files = [
  ['waymark', 'stub', 'stub.js', false],
  // The glue is a part of the script.
  ['waymark', 'loader and glue', manifest.script, true],
  ['waymark', 'WebAssembly', manifest.wasm, true],
];
const isFile = (name) => typeof name == 'string' && /\.(js|wasm)$/.test(name);
for (const [role, name] of Object.entries(manifest)) {
  if (isFile(name) && !['script', 'wasm'].includes(role)) files.push(['waymark', `chunk ${role}`, name, false]);
}
const sized = files.map(([of, what, name, first_load]) => ({
  of,
  what,
  first_load,
  ...compressed(readFileSync(join(dist, name))),
}));
const versions = { waymark: manifest.version };
for (const [name, pkg] of Object.entries(peers)) {
  sized.push({ of: name, what: 'bundle', first_load: true, ...compressed(readFileSync(join(out, `${name}.js`))) });
  versions[name] = json(join(here, 'node_modules', pkg, 'package.json')).version;
}
writeFileSync(join(out, 'files.json'), JSON.stringify({ versions, files: sized }, null, 2) + '\n');
