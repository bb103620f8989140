//! The browser SDK: the `#[wasm_bindgen]` surface.

pub mod core;
