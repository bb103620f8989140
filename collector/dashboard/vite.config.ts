import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` forwards API calls: a collector on its default port, or the one named here. */
const collector = process.env['WAYMARK_COLLECTOR'] ?? 'http://127.0.0.1:8700';

export default defineConfig({
  plugins: [svelte()],
  build: {
    // The oldest browsers with `light-dark()` and `AbortSignal.any()`; named, so that neither is rewritten into something larger.
    target: ['chrome123', 'firefox124', 'safari17.5'],
    // The collector's content security policy has no `data:`, so nothing may be inlined.
    assetsInlineLimit: 0,
    // Every browser among these knows modulepreload; the polyfill would only cost bytes.
    modulePreload: { polyfill: false },
    // budget.mjs reads from it which files the first view needs.
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': collector, '/waymark.js': collector },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
