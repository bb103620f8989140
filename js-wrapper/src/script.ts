/**
 * The script tag: `<script async src="https://collector.example/waymark.js" data-key="wk_…"></script>`.
 *
 * Owns the reading of the tag's attributes and finds the collector and the WebAssembly file from the tag's own `src`,
 * whatever the owner has named it. Every setting of `init` may be an attribute: `sessionIdleMinutes` is
 * `data-session-idle-minutes`.
 */

import { stub, type Stub } from './stub.js';
import { afterFailure, jsEngine, wasmEngine } from './engine.js';
import { join, run } from './loader.js';
import type { InitOptions } from './types.js';

/** `true`, `false` and numbers, and any other JSON, are what they look like; an empty attribute is switched on. */
const read = (text: string): unknown => {
  try {
    return JSON.parse(text || 'true');
  } catch {
    return text;
  }
};

try {
  // A tag that another script put in place has no currentScript once its code was fetched and evaluated by hand.
  const tag = (document.currentScript ?? document.querySelector('script[data-key]')) as HTMLScriptElement;
  const { api: name = 'waymark', auto, endpoint, key, wasm, ...rest } = tag.dataset;
  const global = window as unknown as Record<string, Stub | undefined>;
  // Not `||=`: an element with this id is a property of window, too.
  const api = global[name]?.q ? (global[name] as Stub) : (global[name] = stub());
  const settings: Record<string, unknown> = {};
  for (const name in rest) settings[name] = read(rest[name] as string);
  if (auto) settings['autoPageViews'] = read(auto);
  if (join(api)) {
    // Which is said in debug mode.
    api.q.push(['init', [], 0, '']);
  } else {
    const options = { ...settings, key, endpoint: new URL(endpoint ?? '/v1/events', tag.src).href };
    // Firefox has a page's load event wait for what is imported, but not for what is fetched: it is imported once it is here.
    const chunk = (file: string) => async () => {
      const { href } = new URL(file, tag.src);
      await fetch(href)
        .then((answer) => answer.text())
        .catch(afterFailure);
      return import(href);
    };
    const engines = [wasmEngine(new URL(wasm ?? __WASM_FILE__, tag.src)), jsEngine(chunk(__FALLBACK_FILE__))];
    void run(
      api,
      options as InitOptions,
      engines,
      chunk(__INSPECTOR_FILE__),
      chunk(__AUTOCAPTURE_FILE__),
      chunk(__LINKER_FILE__),
      chunk(__GOOGLE_FILE__),
    );
  }
} catch (error) {
  // Reached without a tag or with an address that is none: a fault of the installation, which the page must not feel.
  console.warn('[waymark] cannot start', error);
}
