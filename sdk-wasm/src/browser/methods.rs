//! The methods of the public interface: what the site passes is checked and becomes an item. What is wrong is named in
//! debug mode and costs that item, or that field, alone.

use js_sys::{Array, Function, Object};
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;
use waymark_protocol::{ConsentChange, Event, Identify, Milestone, limits};

use super::engine::{Call, Engine};
use super::{clock, dom, identity};
use crate::core::attribution::Landing;
use crate::core::consent::{self, Step};
use crate::core::item::{self, Data};
use crate::core::number;

/// An object of the site, passed through as it is.
#[derive(Debug)]
pub(crate) struct Js(JsValue);

impl Serialize for Js {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_wasm_bindgen::preserve::serialize(&self.0, serializer)
    }
}

impl Engine {
    /// A call of the site: `consent` and `flush` act at once, the others in their order.
    pub(crate) fn called(&mut self, name: String, args: Array, at: i64, url: Option<String>) {
        match name.as_str() {
            "consent" => self.set_consent(&args.get(0), at),
            "flush" => self.send_all(),
            _ => {
                let url = url.unwrap_or_else(super::options::address);
                if name == "page" {
                    return self.page_called(&args.get(0), at, url);
                }
                self.navigated(url.clone(), at);
                self.take_call(Call::Method {
                    name,
                    args,
                    at,
                    url,
                });
            }
        }
    }

    /// Sends everything; `resolve` is told how many items still wait once all has been tried.
    pub(crate) fn flush(&mut self, resolve: Function) {
        self.waiters.push(resolve);
        if self.consent == waymark_protocol::Consent::Granted {
            self.due = clock::now();
            if self.ready {
                self.send_if_due();
            }
        } else {
            self.resolve_waiters();
        }
    }

    fn page_called(&mut self, overrides: &JsValue, at: i64, url: String) {
        let url = dom::text(overrides, "url").unwrap_or(url);
        let referrer = dom::text(overrides, "referrer").or_else(|| match &self.seen {
            Some(seen) => Some(seen.clone()),
            None => self.entry_referrer.take(),
        });
        self.show(Landing { at, url, referrer }, dom::text(overrides, "title"));
    }

    /// Does a call whose turn it is.
    pub(crate) fn method(&mut self, method: &str, args: &Array, at: i64, url: String) {
        let first = args.get(0);
        let second = args.get(1);
        let page = self.page.as_ref().and_then(|page| page.id);
        match method {
            "reset" => {
                self.ping();
                self.begin_anew(at);
                self.context = None;
                // What follows on this page belongs to another visitor than the page view.
                if let Some(page) = &mut self.page {
                    page.id = None;
                }
            }
            "identify" => {
                // A number is as good an id as its text.
                let id = if first.as_f64().is_some() {
                    identity::stringify(&first)
                } else {
                    first.as_string()
                };
                let Some(user_id) = id.filter(|id| item::is_name(id, limits::USER_ID_CHARS)) else {
                    return self.warn("user_id: must be text of 1 to 256 characters");
                };
                let Some(traits) = self.object(second, "traits: must be an object") else {
                    return;
                };
                self.set_user(user_id.clone());
                self.enqueue(
                    at,
                    page,
                    Data::Identify(Identify { user_id, traits }),
                    false,
                );
            }
            _ => {
                let name = first.as_string();
                let Some(name) = name.filter(|name| item::is_name(name, limits::NAME_CHARS)) else {
                    return self.warn("name: must be text of 1 to 100 characters");
                };
                let Some(mut props) = self.object(second, "props: must be an object") else {
                    return;
                };
                if method == "milestone" {
                    self.enqueue(at, page, Data::Milestone(Milestone { name, props }), false);
                    return;
                }
                let conversion = method == "conversion";
                let (mut value, mut currency) = (None, None);
                if conversion && let Some(Js(given)) = &props {
                    value = self.amount(&dom::get(given, "value"));
                    currency = self.currency(&dom::get(given, "currency"));
                    let rest = dom::object();
                    Object::assign(
                        rest.unchecked_ref::<Object>(),
                        given.unchecked_ref::<Object>(),
                    );
                    for taken in ["value", "currency"] {
                        let _ = js_sys::Reflect::delete_property(
                            rest.unchecked_ref::<Object>(),
                            &taken.into(),
                        );
                    }
                    props = (Object::keys(rest.unchecked_ref::<Object>()).length() > 0)
                        .then_some(Js(rest));
                }
                let urgent = dom::text(&args.get(2), "impact").is_some_and(|i| i == "high");
                let data = Event {
                    name,
                    props,
                    conversion,
                    value,
                    currency,
                    url: Some(item::view(&url, None, None).url),
                };
                self.enqueue(at, page, Data::Event(data), urgent);
            }
        }
    }

    /// An object or nothing; `None` and a warning for anything else.
    fn object(&self, value: JsValue, problem: &str) -> Option<Option<Js>> {
        if value.is_undefined() || value.is_null() {
            Some(None)
        } else if value.is_object() && !Array::is_array(&value) {
            Some(Some(Js(value)))
        } else {
            self.warn(problem);
            None
        }
    }

    fn amount(&self, value: &JsValue) -> Option<String> {
        if value.is_undefined() || value.is_null() {
            return None;
        }
        // `toFixed` rather than `String`: 0.1 + 0.2 is 0.3 and nothing gets an exponent.
        let text = match value.as_f64() {
            Some(number) => js_sys::Number::from(number)
                .to_fixed(6)
                .ok()
                .map(|fixed| number::shorten(&String::from(fixed)).to_owned()),
            None => value.as_string(),
        };
        let amount = text.filter(|text| number::amount(text).is_some());
        if amount.is_none() {
            self.warn("value: must be a decimal number; left out");
        }
        amount
    }

    fn currency(&self, value: &JsValue) -> Option<String> {
        if value.is_undefined() || value.is_null() {
            return None;
        }
        let mut code = value.as_string().unwrap_or_default();
        code.make_ascii_uppercase();
        if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(code);
        }
        self.warn("currency: must be a code of three letters; left out");
        None
    }

    fn set_consent(&mut self, state: &JsValue, at: i64) {
        let Some(state) = state.as_string().and_then(|state| consent::parse(&state)) else {
            return self.warn("consent: must be granted, denied or unknown");
        };
        match consent::step(std::mem::replace(&mut self.consent, state), state) {
            Step::Stay => {}
            Step::Release => {
                self.take_call(Call::Agreed(at));
                if self.options.auto && self.page.is_none() && self.line.len() == 1 {
                    // The page view was refused with everything else; from now on there is one.
                    let url = super::options::address();
                    let referrer = self.entry_referrer.take();
                    self.show(Landing { at, url, referrer }, None);
                }
                self.begin();
            }
            Step::Forget => self.forget(),
            Step::Hold => self.hold(),
        }
    }

    /// Puts the agreement on record.
    pub(crate) fn agreed(&mut self, at: i64) {
        let state = waymark_protocol::Consent::Granted;
        self.enqueue(at, None, Data::Consent(ConsentChange { state }), false);
    }
}
