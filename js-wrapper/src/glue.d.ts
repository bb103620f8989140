/** The glue that wasm-bindgen writes, as `build/build.mjs` hands it to the bundler. */
declare module '#glue' {
  /** Makes the module's functions usable, which `make` gives for its imports. They trap when called before. */
  export function instantiate(make: (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports>): Promise<void>;
  /** Tells the core; see `core/signal.rs`. */
  export function signal(kind: number, number: number, text: string): void;
}

/** What the compiled core calls, and calls it: `sdk-wasm/src/browser/host.js`, as wasm-bindgen passes it on. */
declare module '#host' {
  /** Has `to` be told of everything, with addresses that have gone through `redact`. */
  export function connect(
    to: (kind: number, number: number, text: string) => void,
    redact: <T>(text: T) => T,
  ): void;
  /** Tells the core; throws nothing. */
  export function tell(kind: number, number: number, fields?: readonly unknown[]): void;
  /** Tells the core to begin on the page of the landing, and from now on what happens there; what was told before waits for that. */
  export function begin(
    options: { cookieDomain?: string; beforeSend?: unknown; cookieless?: unknown; landing: { at: number } },
    settings: readonly unknown[],
  ): void;
  /** Has `to` hear of everything just before the core does; it must not throw. */
  export function overhear(to: (kind: number, fields: readonly unknown[]) => void): void;
  /** What `job` gives, or `other` where the browser refuses it. */
  export function attempt<T>(job: () => T, other?: T): T;
  /** The keys in storage that begin with `prefix`; throws where storage is refused. */
  export function keys(prefix: string): string[];
  /** Reads what is stored; empty if there is nothing. */
  export function load(key: string): string;
  /** Writes to storage, or removes an empty text. Whether that was done. */
  export function save(key: string, text: unknown): boolean;
  /** Whether the visitor has opted out. */
  export function is_out(): boolean;
  /** Whether the core knows who the visitor is; it holds as well once the browser has ended the script at work. */
  export const settled: boolean;
  /** Keeps that the visitor has opted out, or forgets it. */
  export function set_out(out: boolean): void;
  /** What separates the fields of a text. */
  export const FIELD: string;
  /** The core's state as a text, by `Engine::state` in `browser/engine.rs`; empty before the start. */
  export function state(): string;
  /** The numbers of the problems since the last call, separated by spaces. */
  export function take_problems(): string;
  /** What stands before what is in storage, by the same keys. */
  export const memory: Record<string, string>;
  /** What the core is told when it asks, by `Ask` in `browser/host.rs`. */
  export const ANSWERS: (() => unknown[])[];
  /** Hears of navigation within a single-page app from now on. */
  export function watch(): void;
  /** Tells the site's other tabs what the visitor has agreed to. */
  export function say_elsewhere(consent: string): void;
  /** A promise of the number of items that still wait once the next flush has been tried. */
  export function until_flushed(): Promise<number>;
}

/** The compiled inspector, as wasm-bindgen writes it. */
declare module '#inspector' {
  /** Loads the module. */
  export default function init(from: { module_or_path: URL }): Promise<unknown>;
  /** Watches the core; see `sdk-wasm/inspector/src/lib.rs`. */
  export function inspect(read: () => string, problems: () => string): void;
  /** What is wrong, by the number of a problem. */
  export function sentence(problem: number): string;
  /** The state that a text says, as an object. */
  export function object(state: string): object | undefined;
}

/** The package's version. */
declare const __VERSION__: string;
/** The name of the WebAssembly file that belongs to this build. */
declare const __WASM_FILE__: string;
/** The hash by which the browser checks it. */
declare const __WASM_INTEGRITY__: string;
/** The name of the core as JavaScript in this build. */
declare const __FALLBACK_FILE__: string;
/** The name of the autocapture chunk in this build. */
declare const __AUTOCAPTURE_FILE__: string;
/** The names of the inspector's files in this build. */
declare const __INSPECTOR_FILE__: string;
declare const __INSPECTOR_WASM__: string;
/** The names of the chunks for sister sites and for Google Analytics in this build. */
declare const __LINKER_FILE__: string;
declare const __GOOGLE_FILE__: string;
