// Holds the built dashboard to its size: what a browser fetches to show the overview before its chart, compressed as the collector may
// serve it. Fails the build when it is over.
import { readFileSync, rmSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const FIRST_LOAD_BYTES = 120 * 1024;

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
const files = new Set(['index.html', 'theme.js', 'icon.svg']);
const seen = new Set();
function need(key) {
  if (seen.has(key)) return;
  seen.add(key);
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no ${key}`);
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const imported of chunk.imports ?? []) need(imported);
}
need('index.html');
need('src/routes/Overview.svelte');

// It is for this check alone; the collector serves everything else in dist.
rmSync('dist/.vite', { recursive: true });

let total = 0;
for (const file of files) total += brotliCompressSync(readFileSync(`dist/${file}`)).length;
const words = `first load: ${total} of ${FIRST_LOAD_BYTES} bytes (brotli, ${files.size} files)`;
if (total > FIRST_LOAD_BYTES) {
  console.error(`${words}: over the budget`);
  process.exit(1);
}
console.log(words);
