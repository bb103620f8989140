//! Requests to the collector and what its answers say, as plain data. What to make of an answer is decided in
//! `core/delivery`.

use js_sys::JSON;
use uuid::Uuid;
use wasm_bindgen::prelude::*;

use super::dom;
use crate::core::{delivery, id, number};

/// An answer; the default is none at all.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// HTTP status, 0 for none.
    pub(crate) status: u16,
    /// Whether the body was a list of results.
    pub(crate) readable: bool,
    /// The items that are done.
    pub(crate) done: Vec<Uuid>,
    /// Milliseconds that the collector asks to wait.
    pub(crate) retry_after: i64,
    /// Whether an item was dropped by the collector.
    pub(crate) dropped: bool,
}

/// Whether `fetch` can outlive the page; Firefox before 133 ignores the setting silently.
pub(crate) fn fetch_outlives_page() -> bool {
    let prototype = dom::get(&dom::get(&dom::window(), "Request"), "prototype");
    js_sys::Reflect::has(&prototype, &"keepalive".into()).unwrap_or(false)
}

/// Sends a beacon; false if the browser refuses it. There is no answer to it.
pub(crate) fn beacon(url: &str, body: &str) -> bool {
    let navigator = dom::get(&dom::window(), "navigator");
    dom::call(&navigator, "sendBeacon", &[&url.into(), &body.into()])
        .is_ok_and(|sent| sent.is_truthy())
}

/// Posts `body` as `text/plain`, which needs no preflight, and calls `then` with the answer. Returns the controller
/// that ends the request.
pub(crate) fn post(
    url: &str,
    body: &str,
    keepalive: bool,
    then: Box<dyn FnOnce(Answer)>,
) -> JsValue {
    let controller = js_sys::Reflect::construct(
        dom::get(&dom::window(), "AbortController").unchecked_ref::<js_sys::Function>(),
        &js_sys::Array::new(),
    )
    .unwrap_or(JsValue::UNDEFINED);
    let init = dom::object();
    dom::set(&init, "method", &"POST".into());
    dom::set(&init, "body", &body.into());
    dom::set(&init, "credentials", &"same-origin".into());
    // web-sys has no such setter.
    dom::set(&init, "keepalive", &keepalive.into());
    dom::set(&init, "signal", &dom::get(&controller, "signal"));
    match dom::call(&dom::window(), "fetch", &[&url.into(), &init]) {
        Ok(response) => dom::settled(&response, Box::new(move |response| read(response, then))),
        Err(_) => then(Answer::default()),
    }
    controller
}

fn read(response: JsValue, then: Box<dyn FnOnce(Answer)>) {
    let mut answer = Answer {
        status: dom::number(&response, "status").unwrap_or(0.0) as u16,
        retry_after: dom::call(
            &dom::get(&response, "headers"),
            "get",
            &[&"retry-after".into()],
        )
        .ok()
        .and_then(|seconds| number::parse_time(&seconds.as_string()?))
        .unwrap_or(0)
        .saturating_mul(1_000),
        ..Answer::default()
    };
    match dom::call(&response, "text", &[]) {
        Ok(body) if answer.status == 200 => dom::settled(
            &body,
            Box::new(move |body| {
                results(&body, &mut answer);
                then(answer);
            }),
        ),
        _ => then(answer),
    }
}

fn results(body: &JsValue, answer: &mut Answer) {
    let Some(parsed) = body.as_string().and_then(|body| JSON::parse(&body).ok()) else {
        return;
    };
    let list = dom::get(&parsed, "results");
    if !js_sys::Array::is_array(&list) {
        return;
    }
    answer.readable = true;
    for line in list.unchecked_into::<js_sys::Array>().iter() {
        let status = dom::text(&line, "status").unwrap_or_default();
        answer.dropped |= status == "dropped";
        if delivery::is_final(&status)
            && let Some(id) = dom::text(&line, "id").and_then(|id| id::parse(&id))
        {
            answer.done.push(id);
        }
    }
}
