//! What `host.js` does for the engine; see there. The page's document itself comes from web-sys.

use wasm_bindgen::prelude::*;
use web_sys::Document;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Document;
}

#[wasm_bindgen(module = "/src/browser/host.js")]
extern "C" {
    /// Hears of navigation from now on.
    pub(crate) fn watch();
    /// The address of the page now.
    pub(crate) fn address() -> String;
    /// A clock that runs evenly whatever happens to the wall clock, in milliseconds.
    pub(crate) fn even() -> f64;
    /// 48 random bits.
    pub(crate) fn entropy() -> f64;
    /// Width and height of screen and window, language, time zone.
    pub(crate) fn device() -> String;
    /// Where the window's bottom is.
    pub(crate) fn bottom() -> f64;
    /// The document's height.
    pub(crate) fn height() -> f64;
    /// `document.cookie`.
    pub(crate) fn cookies() -> String;
    /// Writes a cookie.
    pub(crate) fn set_cookie(cookie: &str);
    /// Reads from `localStorage`.
    pub(crate) fn load(key: &str) -> Option<String>;
    /// Writes to `localStorage`; false if that is refused.
    pub(crate) fn save(key: &str, text: &str) -> bool;
    /// Removes from `localStorage`.
    pub(crate) fn remove(key: &str);
    /// The SDK's keys in `localStorage`, as fields.
    pub(crate) fn keys() -> String;
    /// Reads the tab's own text.
    pub(crate) fn tab() -> Option<String>;
    /// Writes the tab's own text; an empty one removes it.
    pub(crate) fn set_tab(text: &str);
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
    /// Tells the developer.
    pub(crate) fn warn(text: &str);
}

/// Whether the page cannot be seen now.
pub(crate) fn is_hidden() -> bool {
    DOCUMENT.with(Document::hidden)
}

/// The document's title.
pub(crate) fn title() -> String {
    DOCUMENT.with(Document::title)
}
