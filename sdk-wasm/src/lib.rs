//! The browser SDK: the `#[wasm_bindgen]` surface, and nothing else.
//!
//! `core` decides and `browser` acts. Nothing here throws into the page: what a browser or the site does wrong costs the
//! item at hand and is told in debug mode.

pub mod core;

#[cfg(target_arch = "wasm32")]
mod browser;

#[cfg(target_arch = "wasm32")]
mod surface {
    use js_sys::{Array, Promise};
    use wasm_bindgen::prelude::*;

    use crate::browser::dom;
    use crate::browser::engine::{self, Engine};

    #[global_allocator]
    static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    /// Starts with the settings in `options`; a second start does nothing.
    ///
    /// `{ key, endpoint, version, engine, landing: { url, referrer, at }, debug?, consent?, autoPageViews?, hashRouting?,
    /// flushIntervalMs?, batchSize?, heartbeatMs?, sessionIdleMinutes?, sessionMaxHours?, gaPolling?, cookieDomain? }`
    #[wasm_bindgen]
    pub fn start(options: &JsValue) {
        engine::start(options);
    }

    /// A call of the site: `page`, `track`, `identify`, `milestone`, `conversion`, `consent`, `reset` or `flush`, made at
    /// `at` (milliseconds since the Unix epoch) when the page's address was `url`.
    #[wasm_bindgen]
    pub fn call(method: String, args: Array, at: f64, url: Option<String>) {
        engine::with(Box::new(move |engine| {
            engine.called(method, args, at as i64, url);
        }));
    }

    /// Sends everything that waits. Resolves with the number of items still waiting once all has been tried, and never
    /// rejects.
    #[wasm_bindgen]
    pub fn flush() -> Promise {
        let (promise, resolve) = dom::deferred();
        engine::with(Box::new(move |engine| engine.flush(resolve)));
        promise
    }

    /// `{ visitorId, sessionId, tabId }`, or `undefined` before there are any.
    #[wasm_bindgen]
    pub fn ids() -> JsValue {
        engine::read(Engine::ids)
    }

    /// `{ queue, dropped, session, touch, consent, ga }`, for the debug mode and tests.
    #[wasm_bindgen]
    pub fn debug_state() -> JsValue {
        engine::read(Engine::debug_state)
    }
}
