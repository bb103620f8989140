/**
 * The core as the wrapper sees it, and the ways to get one.
 *
 * Owns the shape of the boundary to the compiled core. An engine is one way to run it; the loader tries them in order:
 * WebAssembly, and where the browser has none, the page's policy refuses it or its file does not come, the same core as
 * JavaScript.
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
  /** Has `to` hear of every signal just before the core does; it must not throw. What it calls comes first. */
  overhear(to: (kind: number, fields: readonly unknown[]) => void): void;
  /** What the inspector reads: see `sdk-wasm/inspector`. */
  state(): string;
  take_problems(): string;
  /** What stands before what is in storage, by the same keys. */
  memory: Record<string, string>;
  /** What it is told when it asks the page, by `Ask` in `browser/host.rs`. */
  answers: (() => unknown[])[];
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
 * How long a request has to have failed before the next engine is asked for, in milliseconds. Firefox ends requests as soon as
 * the visitor goes elsewhere, well before the page hears that it is left, and what is imported then holds up the next page's
 * `load`.
 */
const ABORTED_MS = 1000;

/** Waits for that long. */
export const afterFailure = () => new Promise((later) => setTimeout(later, ABORTED_MS));

/**
 * The core as WebAssembly from `url`.
 *
 * The request starts here and not in `load`, so that it runs beside whatever the page does next. It is not made where
 * the page's `script-src` lacks `'wasm-unsafe-eval'`.
 */
export function wasmEngine(url: string | URL): Engine {
  const bytes = (async () => {
    new WebAssembly.Module(new Uint8Array(EMPTY_MODULE));
    const response = await fetch(url, { credentials: 'omit', integrity: __WASM_INTEGRITY__ }).catch(async (error) => {
      await afterFailure();
      throw error;
    });
    // The engine's name is said with it.
    if (!response.ok) throw response.status;
    return response.arrayBuffer();
  })();
  // Whoever calls load() sees the failure; until then it is no unhandled rejection.
  bytes.catch(() => {});
  return {
    name: 'wasm',
    async load() {
      await instantiate(async (imports) => (await WebAssembly.instantiate(await bytes, imports)).instance.exports);
      return core();
    },
  };
}

/** The core as JavaScript, of which `chunk` imports the file. It is asked for when every engine before this one has failed. */
export function jsEngine(chunk: () => Promise<typeof import('./fallback.js')>): Engine {
  return {
    name: 'js',
    async load() {
      await instantiate(async (imports) => (await chunk()).default(imports));
      return core();
    },
  };
}
