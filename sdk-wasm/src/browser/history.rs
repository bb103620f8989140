//! Hears of navigation within a single-page app.
//!
//! `pushState` and `replaceState` are wrapped in a proxy that calls the original first, with whatever it was called with,
//! and passes on what it returns or throws. The page view is made in a task of its own, so that nothing of it runs
//! within the site's call.

use js_sys::{Array, Function, Object, Promise, Proxy, Reflect};
use wasm_bindgen::prelude::*;

use super::engine::with;
use super::options::address;
use super::{clock, dom};

/// Wraps the history's methods; where that is refused, only `popstate` is heard of.
pub(crate) fn watch() {
    let history = dom::get(&dom::window(), "history");
    let handler = dom::object();
    // `Fn`, because a site's wrapper may call the method again within a call.
    let apply: Closure<dyn Fn(Function, JsValue, Array) -> Result<JsValue, JsValue>> =
        Closure::new(|original: Function, this: JsValue, args: Array| {
            let result = Reflect::apply(&original, &this, &args);
            later();
            result
        });
    dom::set(&handler, "apply", &apply.into_js_value());
    for name in ["pushState", "replaceState"] {
        let original = dom::get(&history, name);
        if original.is_function() {
            let proxy = Proxy::new(&original, handler.unchecked_ref::<Object>());
            dom::set(&history, name, &proxy);
        }
    }
}

/// Looks at the address once the site's script has returned.
pub(crate) fn later() {
    dom::settled(
        &Promise::resolve(&JsValue::UNDEFINED),
        Box::new(|_| {
            let (url, at) = (address(), clock::now());
            with(Box::new(move |engine| engine.navigated(url, at)));
        }),
    );
}
