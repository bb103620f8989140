/**
 * The chunk that pages in debug mode load: the console says what goes wrong and how the core's state changes.
 *
 * Owns the way from the core to the compiled inspector (`sdk-wasm/inspector`), and the one method that it adds to the
 * API: `waymark.state()` of the script tag, for the console.
 */

import init, { inspect, object } from '#inspector';
import type { Core } from './engine.js';
import type { Stub } from './stub.js';

/** Watches `core` from now on; `api` gets the method `state`. */
export async function attach(core: Core, api: Stub): Promise<void> {
  await init({ module_or_path: new URL(__INSPECTOR_WASM__, import.meta.url) });
  inspect(core.state, core.take_problems);
  api['state'] = () => object(core.state());
}
