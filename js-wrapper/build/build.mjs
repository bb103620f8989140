/**
 * `pkg/` (WebAssembly and glue, as wasm-bindgen writes them) and `src/` to `dist/`.
 *
 * dist/waymark.js            the script tag: stub, loader and glue in one file
 * dist/waymark.<hash>.wasm   the core, under the name that waymark.js asks for
 * dist/stub.js               the inline snippet
 * dist/fallback.<hash>.js    the core as JavaScript, where WebAssembly is refused; dist/fallback.js is it for bundlers
 * dist/inspector.<hash>.*    what debug mode adds, script and WebAssembly; dist/inspector.js is the script for bundlers
 * dist/autocapture.<hash>.js what autocapture adds; dist/autocapture.js is the same for bundlers
 * dist/linker.<hash>.js      what `linkDomains` adds, and dist/linker.js for bundlers
 * dist/google.<hash>.js      what Google Analytics' cookies do not say plainly, and dist/google.js for bundlers
 * dist/index.js, *.d.ts      the npm entry and its types
 * dist/{react,vue,svelte}/   the adapters and their types, and dist/adapter/ what they share: modules, as they were written
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

import { writeFallback } from './fallback.mjs';
import { optimize, optimizeWasm, withoutUnused } from './optimize.mjs';
import { order } from './order.mjs';
import { compressed } from './size.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...path) => join(root, ...path);
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const integrity = (content) => `sha256-${createHash('sha256').update(content).digest('base64')}`;
const hash = (content) => createHash('sha256').update(content).digest('hex').slice(0, 12);

rmSync(at('dist'), { recursive: true, force: true });
mkdirSync(at('dist'));

const { glue, host } = optimizeWasm(at('pkg'), at('dist/waymark_bg.wasm'));
order(at('dist/waymark_bg.wasm'));
const wasmBytes = readFileSync(at('dist/waymark_bg.wasm'));
const wasm = `waymark.${hash(wasmBytes)}.wasm`;
copyFileSync(at('dist/waymark_bg.wasm'), at('dist', wasm));

await writeFallback(at('dist/waymark_bg.wasm'), at('dist/fallback.js'));
const fallback = `fallback.${hash(readFileSync(at('dist/fallback.js')))}.js`;
copyFileSync(at('dist/fallback.js'), at('dist', fallback));

optimize(at('pkg/inspector/inspector_bg.wasm'), at('dist/inspector_bg.wasm'));
const inspectorWasm = `inspector.${hash(readFileSync(at('dist/inspector_bg.wasm')))}.wasm`;
renameSync(at('dist/inspector_bg.wasm'), at('dist', inspectorWasm));

/** Names that the sources have for the files of this build. */
const names = {
  __VERSION__: JSON.stringify(version),
  __WASM_FILE__: JSON.stringify(wasm),
  __WASM_INTEGRITY__: JSON.stringify(integrity(wasmBytes)),
  __FALLBACK_FILE__: JSON.stringify(fallback),
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
    // Browsers that run the module have them, and what stands in for them is long.
    supported: { 'class-field': true },
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
          // Files of their own, which the site's bundler splits off.
          onResolve({ filter: /^\.\/(fallback|inspector|autocapture|linker|google)\.js$/ }, ({ path }) => ({ path, external: true }));
          onLoad({ filter: /web-vitals.dist.modules.*\.js$/ }, ({ path }) => ({ contents: withoutUnused(path) }));
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
    // Names that begin so are the package's own.
    mangle: { properties: entry == 'autocapture' && { regex: /^_[a-z]/ } },
    format: { comments: false },
  });
  writeFileSync(at('dist', out), code.replace(/;?\n?$/, '\n'));
}

/** Bundles a chunk that pages load only where it is switched on. Its name among the files that a collector serves. */
async function chunk(entry) {
  await bundle(entry, `${entry}.js`, 'esm');
  const file = `${entry}.${hash(readFileSync(at(`dist/${entry}.js`)))}.js`;
  copyFileSync(at(`dist/${entry}.js`), at('dist', file));
  names[`__${entry.toUpperCase()}_FILE__`] = JSON.stringify(file);
  return file;
}

const inspector = await chunk('inspector');
const autocapture = await chunk('autocapture');
const linker = await chunk('linker');
const google = await chunk('google');
await bundle('script', 'waymark.js', 'iife');
await bundle('inline', 'stub.js', 'iife');
await bundle('index', 'index.js', 'esm');

// The compiler emits every module and its declaration. Public are the declarations that index.d.ts names, and the adapters,
// which the site's own bundler makes small.
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const emitted = at('dist/.emitted');
execFileSync(process.execPath, [tsc, '-p', root, '--noEmit', 'false', '--declaration', '--outDir', emitted], {
  stdio: 'inherit',
});
for (const file of ['index.d.ts', 'types.d.ts', 'adapter', 'react', 'vue', 'svelte']) {
  renameSync(join(emitted, file), at('dist', file));
}
rmSync(emitted, { recursive: true });

const script = readFileSync(at('dist/waymark.js'));
const sizes = [script, wasmBytes].map(compressed);
const sum = (of) => sizes.reduce((total, size) => total + size[of], 0);
const manifest = {
  version,
  script: 'waymark.js',
  scriptHash: hash(script),
  integrity: integrity(script),
  wasm,
  fallback,
  inspector,
  inspectorWasm,
  autocapture,
  linker,
  google,
  bytes: {
    stub: statSync(at('dist/stub.js')).size,
    loader: script.length,
    wasm: wasmBytes.length,
    fallback: statSync(at('dist', fallback)).size,
    total: { raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli') },
  },
};
writeFileSync(at('dist/manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
