/** The core as JavaScript, which `build/fallback.mjs` makes of the WebAssembly: the module's exports for its imports. */
export default function instantiate(imports: WebAssembly.Imports): WebAssembly.Exports;
