/**
 * What a visitor's first page view loads, and whether that is within the budget.
 *
 * Run by itself it prints a table of `dist/`, fails over a budget, and says how far the goal is.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** The inline snippet, minified and uncompressed: it is part of every page's HTML. */
const STUB_RAW = 1024;
/** What script and WebAssembly together may have, in brotli. */
const TOTAL_BROTLI = 20 * 1024;
/** The chunk that autocapture adds, in brotli. */
const AUTOCAPTURE_BROTLI = 6 * 1024;
/** The core as JavaScript, which only pages without WebAssembly load. */
const FALLBACK_BROTLI = 26 * 1024;
/** Where the total is meant to be. */
const GOAL_BROTLI = 16 * 1024;

/** The sizes of `content` in bytes: as it is, and at the best level of what browsers accept. */
export function compressed(content) {
  return {
    raw: content.length,
    gzip: gzipSync(content, { level: 9 }).length,
    brotli: brotliCompressSync(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }).length,
  };
}

/** Prints the table. The budgets that are exceeded, as sentences. */
function report() {
  const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
  const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'));
  const size = (file) => compressed(readFileSync(join(dist, file)));
  const files = ['stub.js', manifest.script, manifest.wasm, manifest.autocapture, manifest.fallback];
  const [stub, script, wasm, capture, fallback] = files.map(size);
  const total = {};
  for (const kind of ['raw', 'gzip', 'brotli']) total[kind] = script[kind] + wasm[kind];

  const row = (name, ...cells) => console.log(name.padEnd(30) + cells.map((cell) => String(cell).padStart(9)).join(''));
  row('bytes', 'raw', 'gzip', 'brotli');
  for (const [name, of] of [['stub.js (inline)', stub], [manifest.script, script], [manifest.wasm, wasm], ['first load', total]]) {
    row(name, of.raw, of.gzip, of.brotli);
  }
  row('budget: stub raw, load brotli', STUB_RAW, '', TOTAL_BROTLI);
  row(manifest.autocapture, capture.raw, capture.gzip, capture.brotli);
  row('budget: autocapture brotli', '', '', AUTOCAPTURE_BROTLI);
  row(manifest.fallback, fallback.raw, fallback.gzip, fallback.brotli);
  row('budget: fallback brotli', '', '', FALLBACK_BROTLI);

  const over = total.brotli - GOAL_BROTLI;
  console.log(over > 0 ? `${over} bytes more than the goal of ${GOAL_BROTLI}` : `within the goal of ${GOAL_BROTLI}`);
  return [
    stub.raw > STUB_RAW && `stub.js has ${stub.raw} bytes; the budget is ${STUB_RAW}`,
    capture.brotli > AUTOCAPTURE_BROTLI &&
      `autocapture has ${capture.brotli} bytes in brotli; the budget is ${AUTOCAPTURE_BROTLI}`,
    total.brotli > TOTAL_BROTLI &&
      `the first load has ${total.brotli} bytes in brotli; the budget is ${TOTAL_BROTLI}`,
    fallback.brotli > FALLBACK_BROTLI &&
      `the fallback has ${fallback.brotli} bytes in brotli; the budget is ${FALLBACK_BROTLI}`,
  ].filter(Boolean);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = report();
  for (const fault of faults) console.error(`too large: ${fault}`);
  process.exitCode = faults.length ? 1 : 0;
}
