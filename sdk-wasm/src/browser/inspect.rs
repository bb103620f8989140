//! What the wrapper, the debug mode and tests may see of the engine.

use wasm_bindgen::JsValue;

use super::dom;
use super::engine::Engine;
use crate::core::{consent, id};

impl Engine {
    /// `{ visitorId, sessionId, tabId }`, or `undefined` before there are any.
    pub(crate) fn ids(&self) -> JsValue {
        let Some(record) = &self.record else {
            return JsValue::UNDEFINED;
        };
        let ids = dom::object();
        let set = |name, value| dom::set(&ids, name, &id::text(value).into());
        set("visitorId", &record.visitor);
        set("sessionId", &record.session);
        set("tabId", &self.tab);
        ids
    }

    /// What the debug mode and tests look at.
    pub(crate) fn debug_state(&self) -> JsValue {
        let state = dom::object();
        let set = |name, value: JsValue| dom::set(&state, name, &value);
        set("queue", (self.queue.len() as f64).into());
        set("dropped", (self.queue.dropped() as f64).into());
        set("session", self.ids());
        let touch = self.session_landing().map(|landing| landing.url);
        set("touch", touch.into());
        set("consent", consent::name(self.consent).into());
        set("ga", self.ga.ids.client_id.clone().into());
        state
    }
}
