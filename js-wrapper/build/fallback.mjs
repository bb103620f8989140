/**
 * The core as JavaScript, for pages that may not or cannot run WebAssembly.
 *
 * Owns the way from the optimized module to `dist/fallback.js`, whose one export takes the module's imports and gives its
 * exports, under the same names: the glue does not know which of the two it has. wasm2js translates what every browser's
 * JavaScript has a counterpart of, so the rest is lowered first.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { minify } from 'terser';

import { optimize, tool } from './optimize.mjs';

/** What `WebAssembly.Memory` does by itself: who holds a view of the memory before it grew sees that it is empty. */
const DETACH = `const { port1 } = new MessageChannel();
   port1.postMessage(0, [buffer]);
   port1.close();`;

/** Writes the module in the file `wasm` as an ES module to the file `output`. */
export async function writeFallback(wasm, output) {
  const lowered = `${output}.wasm`;
  optimize(wasm, lowered, [
    '--signext-lowering',
    '--llvm-nontrapping-fptoint-lowering',
    '--llvm-memory-copy-fill-lowering',
    '--strip-target-features',
  ]);
  const printed = `${output}.mjs`;
  tool('wasm2js', [lowered, '-Oz', '-o', printed]);
  const { code } = await minify(fit(readFileSync(printed, 'utf8')), {
    ecma: 2020,
    module: true,
    // A call may make the memory grow, and then its views are others: wasm2js has put values before places, where they stay.
    compress: { passes: 3, collapse_vars: false },
    format: { comments: false },
  });
  writeFileSync(output, code);
  for (const file of [lowered, printed]) rmSync(file);
}

/** What wasm2js printed, with imports that are given and not imported, and with a memory that detaches. */
function fit(printed) {
  const replaced = (text, from, to) => {
    if (!from.test(text)) throw new Error(`wasm2js prints other code than it used to: ${from} is not in it`);
    return text.replace(from, () => to);
  };
  let text = replaced(printed, /^import \* as \w+ from '\w+';$/m, '');
  text = replaced(text, /^var retasmFunc = [^]*$/m, 'export default asmFunc;\n');
  return replaced(text, /^ {3}buffer = newBuffer;$/m, `${DETACH}\n   buffer = newBuffer;`);
}
