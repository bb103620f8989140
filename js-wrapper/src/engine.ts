/**
 * The core as the wrapper sees it, and the ways to get one.
 *
 * Owns the shape of the boundary to the compiled core. An engine is one way to run it; the loader tries them in order,
 * so that a further one (the same core as JavaScript, for pages whose policy refuses WebAssembly) is one more entry.
 */

import { instantiate } from '#glue';
import { core } from './core.js';
import type { Landing } from './stub.js';
import type { Ids, InitOptions } from './types.js';

/** What the core is started with: the site's settings without those of the wrapper itself, and what the stub saw. */
export interface CoreOptions extends Omit<InitOptions, 'wasmUrl'> {
  landing: Landing;
  /** How the visit was entered, where that was on an earlier page, left before its core was there. */
  arrival: Landing | undefined;
  /** Whether the visitor's browser says that it does not want to be measured, and the site heeds it. */
  refused: unknown;
  engine: Engine['name'];
  version: string;
}

/** The compiled core. */
export interface Core {
  start(options: CoreOptions): void;
  /** Before the start calls wait, and then come first. */
  call(method: string, args: unknown[], at: number, url?: string): void;
  flush(): Promise<number>;
  ids(): Ids | undefined;
  /** What the inspector reads: see `sdk-wasm/inspector`. */
  state(): string;
  take_problems(): string;
}

/** One way to run the core. */
export interface Engine {
  name: 'wasm' | 'js';
  /** Resolves to a core that is ready to start; rejects where this page cannot run it. */
  load(): Promise<Core>;
}

/** The smallest valid module: compiling it asks the page's policy without a request. */
const EMPTY_MODULE = [0, 97, 115, 109, 1, 0, 0, 0];

/**
 * The core as WebAssembly from `url`.
 *
 * The request starts here and not in `load`, so that it runs beside whatever the page does next. It is not made where
 * the page's `script-src` lacks `'wasm-unsafe-eval'`.
 */
export function wasmEngine(url: string | URL): Engine {
  const bytes = (async () => {
    new WebAssembly.Module(new Uint8Array(EMPTY_MODULE));
    const response = await fetch(url, { credentials: 'omit' });
    if (!response.ok) throw new Error(`${response.status} for the WebAssembly file`);
    return response.arrayBuffer();
  })();
  // Whoever calls load() sees the failure; until then it is no unhandled rejection.
  bytes.catch(() => {});
  return {
    name: 'wasm',
    async load() {
      await instantiate(await bytes);
      return core();
    },
  };
}
