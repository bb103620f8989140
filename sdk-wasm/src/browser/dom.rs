//! Access to the page's objects by name. One generic way in instead of a typed binding for each property: a binding is an
//! import with glue of its own, and a name is a few bytes. A browser that lacks or refuses something gives `undefined`.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Window};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Window;
}

/// The page's window.
pub(crate) fn window() -> Window {
    WINDOW.with(Window::clone)
}

/// The page's document.
pub(crate) fn document() -> Document {
    get(&window(), "document").unchecked_into()
}

/// A property; `undefined` if it cannot be read.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A property that is text.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

/// A property that is a number.
pub(crate) fn number(object: &JsValue, name: &str) -> Option<f64> {
    get(object, name).as_f64()
}

/// A property that is neither absent nor false.
pub(crate) fn is_set(object: &JsValue, name: &str) -> bool {
    get(object, name).is_truthy()
}

/// Sets a property; a refusal is ignored.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// Calls a method with up to three arguments.
pub(crate) fn call(object: &JsValue, name: &str, args: &[&JsValue]) -> Result<JsValue, JsValue> {
    let list = Array::new();
    for arg in args {
        list.push(arg);
    }
    Reflect::apply(get(object, name).unchecked_ref::<Function>(), object, &list)
}

/// A new empty object.
pub(crate) fn object() -> JsValue {
    Object::new().into()
}

/// What a one-time callback does.
pub(crate) type Once = Box<dyn FnOnce(JsValue) -> JsValue>;

/// A function that may be called once.
pub(crate) fn once(job: Once) -> JsValue {
    Closure::once_into_js(job)
}

/// Calls `job` with the promise's value, or with `undefined` once it is rejected.
pub(crate) fn settled(promise: &JsValue, job: Box<dyn FnOnce(JsValue)>) {
    let job = once(Box::new(move |results| {
        job(get(&get(&results, "0"), "value"));
        JsValue::UNDEFINED
    }));
    let list = Array::new();
    list.push(promise);
    let _ = call(&get(&window(), "Promise"), "allSettled", &[&list])
        .and_then(|all| call(&all, "then", &[&job]));
}

/// A promise and the function that resolves it.
pub(crate) fn deferred() -> (Promise, Function) {
    let mut resolver = None;
    let promise = Promise::new(&mut |resolve, _| resolver = Some(resolve));
    (
        promise,
        resolver.unwrap_or_else(|| JsValue::UNDEFINED.into()),
    )
}

/// Tells the developer.
pub(crate) fn warn(message: &str) {
    web_sys::console::warn_2(&"waymark:".into(), &message.into());
}
