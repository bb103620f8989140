//! The debug mode of the browser SDK: what goes wrong, in words, and what the core knows, as it changes.
//!
//! A chunk of its own, which only pages in debug mode load; so the core has numbers where this has sentences, and nobody
//! else downloads them. Owns the sentences and the shape of the state as people see it. Refuses to change anything: it
//! reads what the core says and writes to the console.

#[path = "../../src/core/problem.rs"]
mod problem;
mod state;

pub use problem::Problem;
pub use state::State;

#[cfg(target_arch = "wasm32")]
mod surface {
    use gloo_timers::callback::Interval;
    use js_sys::Function;
    use serde::Serialize;
    use serde_wasm_bindgen::Serializer;
    use wasm_bindgen::prelude::*;
    use web_sys::console;

    use crate::{Problem, State};

    /// Milliseconds between two looks at the core.
    const EVERY: u32 = 250;

    /// Looks at the core for as long as the page is there. `read` gives the core's state as its text; `problems` gives the
    /// numbers of the problems since it was last called, separated by spaces.
    #[wasm_bindgen]
    pub fn inspect(read: Function, problems: Function) {
        let mut last = String::new();
        Interval::new(EVERY, move || {
            for number in text(&problems).split(' ').filter(|part| !part.is_empty()) {
                if let Some(problem) = number.parse().ok().and_then(Problem::from_number) {
                    console::warn_2(&"[waymark]".into(), &problem.text().into());
                }
            }
            let now = text(&read);
            if now != last {
                print(&State::read(&now));
                last = now;
            }
        })
        .forget();
    }

    /// What is wrong, by the number of a problem.
    #[wasm_bindgen]
    pub fn sentence(problem: usize) -> String {
        let problem = Problem::from_number(problem);
        problem.map_or("", Problem::text).to_owned()
    }

    /// The core's state as an object, from its text: for `waymark.state()` in the console.
    #[wasm_bindgen]
    pub fn object(state: &str) -> JsValue {
        to_js(&State::read(state)).unwrap_or(JsValue::UNDEFINED)
    }

    /// Texts and numbers, which all have a form in JavaScript; large numbers as numbers, as in JSON.
    fn to_js(state: &State) -> Option<JsValue> {
        state.serialize(&Serializer::json_compatible()).ok()
    }

    fn text(function: &Function) -> String {
        let said = function.call0(&JsValue::UNDEFINED).ok();
        said.and_then(|said| said.as_string()).unwrap_or_default()
    }

    fn print(state: &State) {
        console::group_collapsed_2(&"[waymark]".into(), &state.headline().into());
        if let Some(object) = to_js(state) {
            console::log_1(&object);
        }
        console::group_end();
    }
}
