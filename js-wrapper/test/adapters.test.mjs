/** The adapters where there is no browser, and what they cost; what they record is tested in browsers. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { createElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { createSSRApp, h, withDirectives } from 'vue';
import { renderToString as renderVueToString } from 'vue/server-renderer';

import { compressed } from '../build/size.mjs';

const before = new Set(Reflect.ownKeys(globalThis));
const react = await import('waymark/react');
const vue = await import('waymark/vue');
const svelte = await import('waymark/svelte');
const options = { key: 'wk_1', endpoint: 'https://collector.example' };

/** What the browser bundle of `code` holds beyond the framework and the package's main module. */
async function bundled(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    plugins: [
      {
        name: 'the rest',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^(react|vue|\.\.\/index\.js)$/ }, ({ path }) => ({ path, external: true, sideEffects: false })),
      },
    ],
  });
  return outputFiles[0].text;
}

test('importing leaves no global behind', () => {
  assert.deepEqual(Reflect.ownKeys(globalThis).filter((key) => !before.has(key)), []);
});

test('React renders on a server what it would render without', async () => {
  let calls;
  function Page() {
    const { track } = react.useWaymark();
    react.useTool('editor');
    react.useMilestone('signup_at');
    const form = react.useTrackForm('signup');
    calls = [
      () => track('rendered'),
      () => react.useTrack,
      react.useTrackClick('cta_clicked'),
      form.onChange,
      form.onSubmit,
      () => exported('pdf'),
    ];
    const exported = react.useTrackExport('invoice');
    const draw = react.useTrackGeneration('drawing', async (points) => points);
    calls.push(async () => assert.equal(await draw(7), 7));
    return createElement('form', form, createElement('button', { onClick: calls[2] }, 'Send'));
  }
  const app = createElement(
    StrictMode,
    null,
    createElement(react.WaymarkProvider, { options }, createElement('p', null, 'x'), createElement(Page)),
  );
  assert.equal(renderToString(app), '<p>x</p><form><button>Send</button></form>');
  for (const call of calls) await call();
});

test('Vue renders on a server what it would render without', async () => {
  const Page = {
    setup() {
      vue.useTool('editor');
      vue.useMilestone('signup_at');
      vue.useTrack()('rendered');
      vue.useTrackExport('invoice')('pdf');
      void vue.useTrackGeneration('drawing', () => 7)();
    },
    render() {
      this.$waymark.track('rendered');
      const button = withDirectives(h('button', 'Send'), [[vue.vTrack, 'cta_clicked']]);
      return withDirectives(h('form', [button]), [[vue.vTrackForm, 'signup']]);
    },
  };
  const app = createSSRApp(Page).use(vue.createWaymark(options));
  assert.equal(await renderVueToString(app), '<form><button>Send</button></form>');
});

test('what Svelte calls on a server does nothing', async () => {
  assert.equal(await svelte.setupWaymark(options).ready(), null);
  svelte.trackExport('invoice')('pdf');
  assert.equal(await svelte.trackGeneration('drawing', () => 7)(), 7);
  svelte.tool(null, 'editor').destroy();
  svelte.milestone(null, 'signup_at').destroy();
});

test('generation passes on what was thrown', async () => {
  const refused = new Error('no paper');
  const draw = svelte.trackGeneration('drawing', () => Promise.reject(refused));
  await assert.rejects(draw(), refused);
});

test('a server component may name the React adapter, which is for the client', () => {
  const folder = new URL('../dist/react/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    assert.match(readFileSync(new URL(file, folder), 'utf8'), /^'use client';/, file);
  }
});

for (const adapter of ['react', 'vue', 'svelte']) {
  test(`waymark/${adapter} is under 1.2 KB, all of it`, async (context) => {
    const { brotli } = compressed(Buffer.from(await bundled(`export * from 'waymark/${adapter}'`)));
    context.diagnostic(`${brotli} bytes in brotli`);
    assert.ok(brotli < 1229, `${brotli} bytes in brotli`);
  });
}

test('what a site does not use is not in its bundle', async () => {
  for (const [adapter, name] of [
    ['react', 'useMilestone'],
    ['vue', 'useMilestone'],
    ['svelte', 'milestone'],
  ]) {
    const code = await bundled(`export { ${name} } from 'waymark/${adapter}'`);
    assert.match(code, /milestone/);
    assert.doesNotMatch(code, /tool_|form_|content_/, adapter);
  }
});
