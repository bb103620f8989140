//! What `host.js` does for the engine; see there.

use wasm_bindgen::prelude::*;

use super::memory::Text;

#[wasm_bindgen(module = "/src/browser/host.js")]
extern "C" {
    /// Hears of navigation from now on.
    pub(crate) fn watch();
    /// Says [`RANG`](crate::core::signal::RANG) in `wait` milliseconds, in place of what was asked for before; never, if
    /// that is infinite.
    pub(crate) fn ring(wait: f64);
    /// A clock that runs evenly whatever happens to the wall clock, in milliseconds.
    pub(crate) fn even() -> f64;
    /// 48 random bits.
    pub(crate) fn entropy() -> f64;
    /// What the page says, as fields; see [`Ask`].
    pub(crate) fn ask(what: u32) -> Text;
    /// The parameters of a URL, as fields: names and decoded values.
    pub(crate) fn parameters(url: &str) -> Text;
    /// How far down the document the window's bottom is, of 1 for its end.
    pub(crate) fn scrolled() -> f64;
    /// Writes the visitor's cookie anew.
    pub(crate) fn set_cookie(id: &str);
    /// Reads what [`keep`] or [`save`] wrote; empty if there is nothing.
    pub(crate) fn load(key: &str) -> Text;
    /// Writes to storage, or removes an empty text. False if that is refused.
    pub(crate) fn save(key: &str, text: &str) -> bool;
    /// Writes to storage, or where that is refused to the page's memory.
    pub(crate) fn keep(key: &str, text: &str);
    /// What is stored under the keys that begin with `prefix`, as fields: the rest of the key and the text, in the order
    /// of the numbers that the rests are.
    pub(crate) fn stored(prefix: &str) -> Text;
    /// Removes everything that the SDK has stored.
    pub(crate) fn clear();
    /// Whether the visitor has opted out, in whichever tab.
    pub(crate) fn is_out() -> bool;
    /// The JSON of the properties that the site adds to its events, with others added and some left out.
    pub(crate) fn merge(add: &str, without: &str) -> Text;
    /// An item as it will be sent, as fields: its JSON, the user it names, and whether the site's function failed on it;
    /// empty if the site does not want it.
    pub(crate) fn filter(json: &str) -> Text;
    /// Sends request `number`; whether its answer will be told of.
    pub(crate) fn post(number: u32, url: &str, body: &str, leaving: bool) -> bool;
    /// Ends every request.
    pub(crate) fn abort();
    /// Asks for the lock of a tab, or of the session if `tab` is empty;
    /// [`LOCKED`](crate::core::signal::LOCKED) is told.
    pub(crate) fn lock(tab: &str, number: u32);
    /// Gives back every lock.
    pub(crate) fn release();
    /// Answers those who asked for a flush.
    pub(crate) fn flushed(left: u32);
    /// Answers who [asked](crate::core::signal::ASKED).
    pub(crate) fn say(state: &str);
    /// Whether the page cannot be seen now.
    pub(crate) fn is_hidden() -> bool;
    /// Keeps the number of a [`Problem`](crate::core::problem::Problem) for whoever debugs the page.
    pub(crate) fn warn(problem: u32);
}

/// What [`ask`] answers.
pub(crate) enum Ask {
    /// The address of the page now.
    Address,
    /// The document's title.
    Title,
    /// `document.cookie`.
    Cookies,
    /// The tabs that have something in storage.
    Tabs,
    /// The JSON of what only the page can see of the device: the protocol's `Device`.
    Device,
    /// The domain of the visitor's cookie, the widest one unless the site says otherwise; empty for none but the page's
    /// own host.
    Domain,
}
