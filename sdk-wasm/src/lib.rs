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
    use crate::browser::memory::Blocks;

    #[global_allocator]
    static ALLOCATOR: Blocks = Blocks::new();

    /// Something happened: the start, a call of the site, or what `host.js` hears. See `core/signal` for kinds, numbers
    /// and the fields of texts. Before the start everything waits; a second start does nothing.
    #[wasm_bindgen]
    pub fn signal(kind: u32, number: f64, text: String) {
        engine::signal(kind, number, text);
    }

    /// The shared record (see `core/session`), empty before there is one; the tab; the numbers of items that wait and that
    /// were given up; the session's landing as it is stored; consent; Google Analytics' client id: the fields of a text,
    /// `undefined` before the start.
    #[wasm_bindgen]
    pub fn state() -> JsValue {
        let state = engine::state();
        state.map_or(JsValue::UNDEFINED, |text| {
            serde_wasm_bindgen::to_value(&text).unwrap_or(JsValue::UNDEFINED)
        })
    }
}
