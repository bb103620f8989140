/** The glue that wasm-bindgen writes, as `build/build.mjs` hands it to the bundler. */
declare module '#glue' {
  /** Makes the module's functions usable. They trap when called before. */
  export function instantiate(bytes: ArrayBuffer): Promise<void>;
  /** Tells the core; see `core/signal.rs`. */
  export function signal(kind: number, number: number, text: string): void;
  /** The texts of the core's state; undefined before the start. */
  export function state(): string | undefined;
}

/** What the compiled core calls, and calls it: `sdk-wasm/src/browser/host.js`, as wasm-bindgen passes it on. */
declare module '#host' {
  /** What separates the fields of a text. */
  export const FIELD: string;
  /** Listens to the page from now on and tells `to` of it. */
  export function connect(to: (kind: number, number: number, text: string) => void): void;
  /** Tells the core; throws nothing. */
  export function tell(kind: number, number: number, fields?: readonly unknown[]): void;
  /** A promise of the number of items that still wait once the next flush has been tried. */
  export function until_flushed(): Promise<number>;
}

/** The package's version. */
declare const __VERSION__: string;
/** The name of the WebAssembly file that belongs to this build. */
declare const __WASM_FILE__: string;
