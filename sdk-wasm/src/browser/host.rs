//! What `host.js` does for the engine; see there. Warnings go to the console by way of web-sys.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/host.js")]
extern "C" {
    /// Hears of navigation from now on.
    pub(crate) fn watch();
    /// A clock that runs evenly whatever happens to the wall clock, in milliseconds.
    pub(crate) fn even() -> f64;
    /// 48 random bits.
    pub(crate) fn entropy() -> f64;
    /// What the page says, as fields; see [`Ask`].
    pub(crate) fn ask(what: u32) -> String;
    /// The parameters of a URL, as fields: names and decoded values.
    pub(crate) fn parameters(url: &str) -> String;
    /// Where the window's bottom is.
    pub(crate) fn bottom() -> f64;
    /// The document's height.
    pub(crate) fn height() -> f64;
    /// Writes a cookie.
    pub(crate) fn set_cookie(cookie: &str);
    /// Reads from `localStorage`, or the tab's own text; empty if there is nothing.
    pub(crate) fn load(key: &str) -> String;
    /// Writes there; an empty text is removed. False if that is refused.
    pub(crate) fn save(key: &str, text: &str) -> bool;
    /// Sends request `number`; whether its answer will be told of.
    pub(crate) fn post(number: u32, url: &str, body: &str, leaving: bool) -> bool;
    /// Ends every request.
    pub(crate) fn abort();
    /// Asks for a lock.
    pub(crate) fn lock(name: &str, keep: bool, number: u32);
    /// Gives back every lock.
    pub(crate) fn release();
    /// Answers those who asked for a flush.
    pub(crate) fn flushed(left: u32);
    /// Whether the page cannot be seen now.
    pub(crate) fn is_hidden() -> bool;
}

/// Tells the developer.
pub(crate) fn warn(text: &str) {
    web_sys::console::warn_2(&"[waymark]".into(), &text.into());
}

/// What [`ask`] answers.
pub(crate) enum Ask {
    /// The address of the page now.
    Address,
    /// The document's title.
    Title,
    /// `document.cookie`.
    Cookies,
    /// The SDK's keys in `localStorage`.
    Keys,
    /// Width and height of screen and window, language, time zone.
    Device,
}
