/**
 * `pkg/` (WebAssembly and glue, as wasm-bindgen writes them) and `src/` to `dist/`.
 *
 * dist/waymark.js            the script tag: stub, loader and glue in one file
 * dist/waymark.<hash>.wasm   the core, under the name that waymark.js asks for
 * dist/stub.js               the inline snippet
 * dist/inspector.<hash>.*    what debug mode adds, script and WebAssembly; dist/inspector.js is the script for bundlers
 * dist/linker.<hash>.js      what `linkDomains` adds, and dist/linker.js for bundlers
 * dist/google.<hash>.js      what Google Analytics' cookies do not say plainly, and dist/google.js for bundlers
 * dist/index.js, *.d.ts      the npm entry and its types
 * dist/waymark_bg.wasm       the core again, under the name that bundlers find from index.js
 * dist/manifest.json         what there is, for whoever serves it
 */

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { minify } from 'terser';

import { optimize, optimizeWasm } from './optimize.mjs';
import { compressed } from './size.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...path) => join(root, ...path);
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const hash = (content) => createHash('sha256').update(content).digest('hex').slice(0, 12);

rmSync(at('dist'), { recursive: true, force: true });
mkdirSync(at('dist'));

const { glue, host } = optimizeWasm(at('pkg'), at('dist/waymark_bg.wasm'));
const wasmBytes = readFileSync(at('dist/waymark_bg.wasm'));
const wasm = `waymark.${hash(wasmBytes)}.wasm`;
copyFileSync(at('dist/waymark_bg.wasm'), at('dist', wasm));

optimize(at('pkg/inspector/inspector_bg.wasm'), at('dist/inspector_bg.wasm'));
const inspectorWasm = `inspector.${hash(readFileSync(at('dist/inspector_bg.wasm')))}.wasm`;
renameSync(at('dist/inspector_bg.wasm'), at('dist', inspectorWasm));

/** Names that the sources have for the files of this build. */
const names = {
  __VERSION__: JSON.stringify(version),
  __WASM_FILE__: JSON.stringify(wasm),
  __INSPECTOR_WASM__: JSON.stringify(`./${inspectorWasm}`),
};

/** Bundles `src/<entry>.ts` to `dist/<out>` and minifies it. */
async function bundle(entry, out, format) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/${entry}.ts`],
    bundle: true,
    write: false,
    format,
    target: 'es2020',
    // terser minifies further when it sees the code as it was written.
    minifySyntax: true,
    define: names,
    plugins: [
      {
        name: 'glue',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^#glue$/ }, () => ({ path: glue, namespace: 'glue' }));
          onResolve({ filter: /^#host$/ }, () => ({ path: host }));
          onResolve({ filter: /^#inspector$/ }, () => ({ path: at('pkg/inspector/inspector.js') }));
          // A file of its own, which the site's bundler splits off.
          onResolve({ filter: /^\.\/(inspector|linker|google)\.js$/ }, ({ path }) => ({ path, external: true }));
          onLoad({ filter: /.*/, namespace: 'glue' }, () => ({ contents: glue, loader: 'js' }));
        },
      },
    ],
  });
  const { code } = await minify(outputFiles[0].text, {
    ecma: 2020,
    module: format == 'esm',
    // A script's top level is the page's: with this on, the wrapping function would go and its names become globals.
    toplevel: format == 'esm',
    compress: {
      passes: 3,
      // Inlined functions are shorter, and longer in brotli.
      inline: 1,
      hoist_funs: true,
      pure_getters: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      booleans_as_integers: false,
    },
    format: { comments: false },
  });
  writeFileSync(at('dist', out), code.replace(/;?\n?$/, '\n'));
}

/** Bundles a chunk; returns the name by which a browser may keep it for ever. */
async function chunk(name) {
  await bundle(name, `${name}.js`, 'esm');
  const file = `${name}.${hash(readFileSync(at('dist', `${name}.js`)))}.js`;
  copyFileSync(at('dist', `${name}.js`), at('dist', file));
  return file;
}

const [inspector, linker, google] = await Promise.all(['inspector', 'linker', 'google'].map(chunk));
names.__INSPECTOR_FILE__ = JSON.stringify(inspector);
names.__LINKER_FILE__ = JSON.stringify(linker);
names.__GOOGLE_FILE__ = JSON.stringify(google);
await bundle('script', 'waymark.js', 'iife');
await bundle('inline', 'stub.js', 'iife');
await bundle('index', 'index.js', 'esm');

// The compiler emits a declaration for every module; the public ones are those that index.d.ts names.
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const types = at('dist/.types');
execFileSync(
  process.execPath,
  [tsc, '-p', root, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', types],
  { stdio: 'inherit' },
);
for (const file of ['index.d.ts', 'types.d.ts']) copyFileSync(join(types, file), at('dist', file));
rmSync(types, { recursive: true });

const script = readFileSync(at('dist/waymark.js'));
const sizes = [script, wasmBytes].map(compressed);
const sum = (of) => sizes.reduce((total, size) => total + size[of], 0);
const manifest = {
  version,
  script: 'waymark.js',
  scriptHash: hash(script),
  wasm,
  inspector,
  inspectorWasm,
  linker,
  google,
  bytes: {
    stub: statSync(at('dist/stub.js')).size,
    loader: script.length,
    wasm: wasmBytes.length,
    total: { raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli') },
  },
};
writeFileSync(at('dist/manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
