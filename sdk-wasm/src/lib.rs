//! The browser SDK: the `#[wasm_bindgen]` surface, and nothing else.
//!
//! `core` decides and `browser` acts. Nothing here throws into the page: what a browser or the site does wrong costs the
//! item at hand and is told in debug mode. The wrapper's `core.ts` gives this surface its JavaScript shape.

pub mod core;

#[cfg(target_arch = "wasm32")]
mod browser;

#[cfg(target_arch = "wasm32")]
mod surface {
    use wasm_bindgen::prelude::*;

    use crate::browser::engine;
    use crate::browser::memory::{self, Blocks, Text};

    #[global_allocator]
    static ALLOCATOR: Blocks = Blocks::new();

    /// Something happened: the start, a call of the site, or what `host.js` hears. See `core/signal` for kinds, numbers
    /// and the fields of texts. The start comes first.
    #[wasm_bindgen]
    pub fn signal(kind: u32, number: f64, text: Text) {
        engine::signal(kind, number, text.0);
    }

    /// Where the page writes a text of `size` bytes that it is about to pass.
    #[wasm_bindgen]
    pub fn room(size: usize) -> *mut u8 {
        memory::room(size)
    }
}
