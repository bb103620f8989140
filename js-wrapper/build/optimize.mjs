/**
 * Makes the WebAssembly small, and its glue with it.
 *
 * wasm-opt shrinks the module and gives its imports and exports one-letter names; the glue, which wasm-bindgen wrote for
 * the module as it was, is rewritten to those names and loses the functions that nothing imports any more. Refuses to
 * go on when the two do not fit: a mismatch would otherwise show in a browser only.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * What the Rust compiler uses of WebAssembly, feature by feature: with all of them switched on, wasm-opt emits what
 * browsers refuse.
 */
const FEATURES = [
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
];

/** Run no pass, but have the module written as small as it can be, whatever is done with it. */
const LEVELS = ['--optimize-level=2', '--shrink-level=2'];

const PASSES = [
  '--flatten',
  '--rereloop',
  '--dae-optimizing',
  '-Oz',
  '--gufa-optimizing',
  '-Oz',
  '--converge',
  // Larger functions that are called once stay functions: inlined they are fewer bytes, and more in brotli.
  '--one-caller-inline-max-function-size=20',
  '--merge-similar-functions',
  '-Oz',
  // Rust checks by itself before it divides or reads; and the lowest addresses are the last that the stack would come to.
  '--ignore-implicit-traps',
  '--low-memory-unused',
  '--strip-target-features',
  '--strip-producers',
];

/** Runs a program of binaryen; returns what it printed. */
export function tool(name, args) {
  const path = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin', name);
  return execFileSync(process.execPath, [path, ...args], { encoding: 'utf8' });
}

/** Makes the module in the file `input` small, or does with it what `passes` say; returns what was printed. */
export function optimize(input, output, passes = PASSES) {
  return tool('wasm-opt', [input, '-o', output, ...FEATURES, ...LEVELS, ...passes]);
}

/**
 * Optimizes `<pkg>/waymark_bg.wasm` into the file `output`. Returns the glue for it, which has the module's functions and
 * `instantiate(make)` and imports `#host`; and the path of what stands behind that name.
 */
export function optimizeWasm(pkg, output) {
  optimize(join(pkg, 'waymark_bg.wasm'), output);
  // On its own, because repeated passes would print the new names each time.
  const printed = optimize(output, output, ['--minify-imports-and-exports-and-modules']);
  // Printed as JSON: imports as [module, old name, new name], exports as [old name, new name].
  const { imports, exports } = JSON.parse(printed);
  const renamed = {
    imports: new Map(imports.map(([, from, to]) => [from, to])),
    exports: new Map(exports),
  };
  const module = new WebAssembly.Module(readFileSync(output));
  const hosts = [...new Set(imports.map(([from]) => from).filter((from) => from.endsWith('.js') && !from.endsWith('_bg.js')))];
  if (hosts.length != 1) throw new Error(`one file of JavaScript was expected beside the glue: ${hosts}`);
  const direct = imports.filter(([from]) => from == hosts[0]).map(([, from]) => from);
  const glue = fit(lighten(readFileSync(join(pkg, 'waymark.js'), 'utf8')), renamed, module, direct);
  return { glue, host: join(pkg, hosts[0]) };
}

/** Rewrites `glue` to the new names of `module`, which imports the functions `direct` from the host itself. */
function fit(glue, renamed, module, direct) {
  const imports = WebAssembly.Module.imports(module);
  const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const wanted = new Set(imports.map(({ name }) => name));
  const [moduleName = 'a', ...others] = new Set(imports.map(({ module: name }) => name));
  if (others.length) throw new Error(`the module imports from ${[moduleName, ...others]}: one was expected`);

  const given = new Set();
  const start = glue.indexOf('    const import0 = {');
  const end = glue.indexOf('\n    };\n', start);
  if (start < 0 || end < 0) throw new Error('the glue has no import object where wasm-bindgen used to write it');
  const [head, ...entries] = glue.slice(start, end).split(/\n(?= {8}\w+: function)/);
  const kept = entries.flatMap((entry) => {
    const [, old] = /^ {8}(\w+):/.exec(entry);
    const name = renamed.imports.get(old);
    if (!wanted.has(name)) return [];
    given.add(name);
    return [entry.replace(old, name)];
  });
  for (const old of direct) {
    const name = renamed.imports.get(old);
    given.add(name);
    kept.push(`        ${name}: host.${old},`);
  }
  for (const name of wanted) if (!given.has(name)) throw new Error(`nothing in the glue provides the import ${name}`);

  let text = glue.slice(0, start) + [head, ...kept].join('\n') + glue.slice(end);
  text = text.replace(/"\.\/waymark_bg\.js": import0/, `${JSON.stringify(moduleName)}: import0`);
  // One import of the host, where wasm-bindgen writes one for each function that needs no conversion.
  text = text.replace(/^import \* as import\d+ from .*$|^ {8}"\.\/snippets\/.*": import\d+,$/gm, '');
  text = text.replace(/^(import \{.*\} from) '\.\/snippets\/[^']*';/m, "$1 '#host';\nimport * as host from '#host';");
  text = text.replace(/\bwasm\.(\w+)/g, (whole, old) => {
    const name = renamed.exports.get(old);
    // What is left out here belongs to functions that the bundler drops for want of a caller.
    return exports.has(name) ? `wasm.${name}` : whole;
  });
  // Instead of wasm-bindgen's own initialisers, which fetch, stream and warn in ways that the engines decide.
  return text.replace(
    /export \{[^}]*\};\s*$/,
    `export async function instantiate(make) {
      wasm = await make(__wbg_get_imports());
    }\n`,
  );
}

/**
 * Leaves out of the glue what only very old browsers or very large texts need: none of the browsers that run the module
 * lacks `encodeInto`, and memory that grows does detach its old views.
 */
function lighten(glue) {
  const replaced = (text, from, to) => {
    if (!from.test(text)) throw new Error(`the glue is not as it used to be: ${from} is not in it`);
    return text.replace(from, () => to);
  };
  const body = (name) => new RegExp(`^function ${name}\\(([^)]*)\\) \\{\\n[^]*?^\\}$`, 'm');
  let text = replaced(
    glue,
    body('passStringToWasm0'),
    `function passStringToWasm0(text) {
      const bytes = cachedTextEncoder.encode(text);
      const at = wasm.room((WASM_VECTOR_LEN = bytes.length));
      getUint8ArrayMemory0().set(bytes, at);
      return at;
    }`,
  );
  text = replaced(text, body('decodeText'), 'const decodeText = (bytes) => cachedTextDecoder.decode(bytes);');
  text = replaced(
    text,
    body('getUint8ArrayMemory0'),
    'const getUint8ArrayMemory0 = () => new Uint8Array(wasm.memory.buffer);',
  );
  text = replaced(text, /^let cachedUint8ArrayMemory0 = null;$/m, '');
  text = replaced(text, /^cachedTextDecoder\.decode\(\);$/m, '');
  text = replaced(text, /^let (?=cachedTextDecoder)/m, 'const ');
  // Numbers come as numbers.
  text = replaced(text, /(?<=const val\d+ = )\+/g, '');
  text = replaced(text, /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[^]*?^\}$/m, '');
  text = text.replace(/function\(\) \{ return handleError\((function [^]*?\}), arguments\); \}/g, '$1');
  // A text that an import returns: wasm-bindgen writes out each time where its address and length go.
  const returned =
    /const (ptr\d+) = passStringToWasm0\(ret.*\n.*const (len\d+) = WASM_VECTOR_LEN;\n.*setInt32\(.* \2, true\);\n.*setInt32\(.* \1, true\);/g;
  text = text.replace(returned, 'returnText(arg0, ret);');
  text = replaced(
    text,
    body('getDataViewMemory0'),
    `function returnText(to, text) {
      const at = passStringToWasm0(text);
      new Int32Array(wasm.memory.buffer, to, 2).set([at, WASM_VECTOR_LEN]);
    }`,
  );
  // Neither addresses nor numbers come near the sign of 32 bits: storage would be full before.
  return text.replaceAll(' >>> 0', '');
}

/**
 * What web-vitals has for a use of it that autocapture does not make: Chromium's soft navigations, because which page views
 * there are is for the core to say, and attribution. By module, and to be found there.
 */
const UNUSED = [
  [/\/on\w+/, /\bcheckSoftNavsEnabled\(opts\)/g, 'false'],
  [/\/on(CLS|INP|LCP)/, /entry\.entryType === '(soft-navigation|interaction-contentful-paint)'/g, 'false'],
  [/\/on(CLS|FCP|INP|LCP)/, /initUnique\(opts, (\w+)\)/g, '/* @__PURE__ */ new $1()'],
  [/\/on\w+/, /metric\.navigationId, metric\.navigationInteractionId, metric\.navigationURL, getBFCacheRestoreTime\(\)/g, ''],
  [/\/onFCP/, /metric\.navigationId = .*;/g, ''],
  [/\/initMetric/, /navigationId: .*\n.*navigationInteractionId: .*\n.*navigationURL: .*\n.*navigationStartTime: .*\n/, ''],
  // Only compared.
  [/\/initMetric/, /generateUniqueID\(\)/, '{}'],
  [/\/(Interaction|LayoutShift)Manager/, /this\._on\w+\?\.\(\w+\);/g, ''],
];

/** A module of web-vitals without {@link UNUSED}. */
export function withoutUnused(path) {
  let code = readFileSync(path, 'utf8');
  for (const [file, from, to] of UNUSED) {
    if (!file.test(path)) continue;
    if (code.search(from) < 0) throw new Error(`${path} is not as it used to be: ${from} is not in it`);
    code = code.replace(from, to);
  }
  return code;
}
