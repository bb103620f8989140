/** The glue that wasm-bindgen writes, as `build/build.mjs` hands it to the bundler. */
declare module '#glue' {
  /** Makes the module's functions usable. They trap when called before. */
  export function instantiate(bytes: ArrayBuffer): Promise<void>;
  export function start(options: import('./engine.js').CoreOptions): void;
  export function call(method: string, args: unknown[], at: number, url?: string): void;
  export function flush(): Promise<number>;
  export function ids(): import('./types.js').Ids | undefined;
  export function debug_state(): object;
}

/** The package's version. */
declare const __VERSION__: string;
/** The name of the WebAssembly file that belongs to this build. */
declare const __WASM_FILE__: string;
