//! What the browser tells about the page: shown, hidden, left, restored, scrolled, touched.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::engine::{Engine, with};
use super::{dom, history, pages};

/// Listens. One listener for everything: each would be a closure of its own.
pub(crate) fn listen() {
    let listener = Closure::<dyn FnMut(JsValue)>::new(|event: JsValue| {
        let persisted = dom::is_set(&event, "persisted");
        if let Some(kind) = dom::text(&event, "type") {
            with(Box::new(move |engine| engine.heard(&kind, persisted)));
        }
    })
    .into_js_value();
    let options = dom::object();
    dom::set(&options, "capture", &true.into());
    dom::set(&options, "passive", &true.into());
    let document = dom::document();
    let window = dom::window();
    let on = |target: &EventTarget, kind: &str| {
        let _ = dom::call(
            target,
            "addEventListener",
            &[&kind.into(), &listener, &options],
        );
    };
    on(&document, "visibilitychange");
    on(&document, "prerenderingchange");
    for kind in [
        "pagehide",
        "pageshow",
        "popstate",
        "scroll",
        "pointerdown",
        "keydown",
    ] {
        on(&window, kind);
    }
}

impl Engine {
    fn heard(&mut self, kind: &str, persisted: bool) {
        match kind {
            "visibilitychange" if pages::is_hidden() => self.hide(),
            "visibilitychange" => self.unhide(),
            "prerenderingchange" => self.activate(),
            "pagehide" => self.leave(),
            "pageshow" if persisted => self.restore(),
            "popstate" => history::later(),
            "pointerdown" | "keydown" => self.interacted = true,
            "scroll" => {
                self.interacted = true;
                self.measure_scroll();
            }
            _ => {}
        }
    }
}
