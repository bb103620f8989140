//! The browser SDK: the `#[wasm_bindgen]` surface.
