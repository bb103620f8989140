//! What comes in from the page: a kind, a number and a text of fields, the only form in which the page's side speaks to
//! this one. `browser/host.js` and the wrapper's `core.ts` have the same table of kinds.

use super::text::FIELD;

/// Begins; the text is that of [`super::options::Options::read`], then the visit's landing by [`super::attribution::Landing`] and
/// the page before this one. The number is when the document was shown.
pub const START: u32 = 0;
/// A call of `page`: address, page before, title. A fourth field that is not empty says that this is the SDK's own.
pub const PAGE: u32 = 1;
/// A call of `track`: see [`super::call`]. The number of this and of the other calls is when they were made.
pub const TRACK: u32 = 2;
/// A call of `identify`.
pub const IDENTIFY: u32 = 3;
/// A call of `milestone`.
pub const MILESTONE: u32 = 4;
/// A call of `conversion`.
pub const CONVERSION: u32 = 5;
/// A call of `consent`: address, state. [`super::consent::AS_SET`] for what the settings say, after an opt-out was undone.
/// A third field that is not empty says that it was said in another tab.
pub const CONSENT: u32 = 6;
/// A call of `reset`: address.
pub const RESET: u32 = 7;
/// A call of `flush`.
pub const FLUSH: u32 = 8;
/// The page cannot be seen any more.
pub const HIDDEN: u32 = 9;
/// The page is seen again.
pub const VISIBLE: u32 = 10;
/// The page is left, for now or for good.
pub const LEFT: u32 = 11;
/// The page is back from the back/forward cache.
pub const RESTORED: u32 = 12;
/// The history has gained an address, or gone to one; the text is the address.
pub const NAVIGATED: u32 = 13;
/// An address has taken the place of another one in the history; the text is the address.
pub const REPLACED: u32 = 14;
/// A lock's turn has come: the number is that of the request, the text the tab whose lock it is, empty for that of the
/// session, and whether it was free.
pub const LOCKED: u32 = 15;
/// A request has ended: the number is the request's; the text its status, the seconds of `Retry-After`, whether there
/// was a list of results, and the id and status of each.
pub const ANSWERED: u32 = 16;
/// The timer has run out.
pub const RANG: u32 = 17;
/// Somebody asks for the engine's state, which it says by `host::say`.
pub const ASKED: u32 = 18;
/// The visitor scrolled, clicked or typed.
pub const TOUCHED: u32 = 19;
/// A call of `group`: see [`super::call`].
pub const GROUP: u32 = 20;
/// A call of `register` or `unregister`: address; properties to be added, as JSON; names to be left out, as JSON.
pub const REGISTER: u32 = 21;
/// Only within the line of calls: consent was given.
pub const AGREED: u32 = 22;
/// From here on: calls like [`TRACK`] that say something of a page view and are nothing that the visitor does. This one is
/// of the page view shown now.
pub const NOTED: u32 = 24;
/// Of the page view before that one; the address is that page's.
pub const NOTED_LATE: u32 = 25;

/// Something that happened.
#[derive(Debug)]
pub struct Signal {
    /// One of this module's kinds.
    pub kind: u32,
    /// A time in milliseconds since the Unix epoch, or what the kind says.
    pub number: f64,
    /// Fields, separated by [`FIELD`].
    pub text: String,
    /// Of a page view in line: for how long the document had been visible when it was shown.
    pub seen_before: f64,
}

impl Signal {
    /// When the visitor did it, if it is an activity that a session has to take.
    pub fn activity(&self) -> Option<i64> {
        (self.kind != RESET && self.kind < NOTED).then_some(self.number as i64)
    }
}

/// A page view to be made: the text of a [`PAGE`].
pub fn page(at: i64, url: &str, referrer: &str, title: &str, seen_before: f64) -> Signal {
    let mut text = String::new();
    for field in &[url, referrer, title] {
        super::text::push(&mut text, field);
        super::text::push(&mut text, FIELD);
    }
    Signal {
        kind: PAGE,
        number: at as f64,
        text,
        seen_before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_of_a_page_is_no_activity() {
        let activity = |kind| {
            let signal = Signal {
                kind,
                number: 7.0,
                text: String::new(),
                seen_before: 0.0,
            };
            signal.activity()
        };
        assert_eq!(activity(TRACK), Some(7));
        for kind in [RESET, NOTED, NOTED_LATE] {
            assert_eq!(activity(kind), None);
        }
    }

    #[test]
    fn the_page_has_the_same_table_of_kinds() {
        let host = include_str!("../browser/host.js");
        for (name, kind) in [
            ("START", START),
            ("CONSENT", CONSENT),
            ("HIDDEN", HIDDEN),
            ("VISIBLE", VISIBLE),
            ("LEFT", LEFT),
            ("RESTORED", RESTORED),
            ("NAVIGATED", NAVIGATED),
            ("TOUCHED", TOUCHED),
            ("LOCKED", LOCKED),
            ("ANSWERED", ANSWERED),
            ("RANG", RANG),
            ("ASKED", ASKED),
            ("REPLACED", REPLACED),
        ] {
            assert!(host.contains(&format!("const {name} = {kind};")), "{name}");
        }
        let wrapper = include_str!("../../../js-wrapper/src/core.ts");
        let overheard = include_str!("../../../js-wrapper/src/autocapture/page.ts");
        for (name, kind) in [
            ("PAGE", PAGE),
            ("RESET", RESET),
            ("HIDDEN", HIDDEN),
            ("LEFT", LEFT),
            ("RESTORED", RESTORED),
            ("NAVIGATED", NAVIGATED),
            ("REPLACED", REPLACED),
            ("NOTED", NOTED),
            ("NOTED_LATE", NOTED_LATE),
        ] {
            let line = format!("const {name} = {kind};");
            assert!(overheard.contains(&line), "{name}");
        }
        let calls = "'start page track identify milestone conversion consent reset flush'";
        assert!(wrapper.contains(calls));
        let kinds = [
            START, PAGE, TRACK, IDENTIFY, MILESTONE, CONVERSION, CONSENT, RESET, FLUSH,
        ];
        assert!(kinds.into_iter().eq(0..9));
        for (name, kind) in [("group", GROUP), ("register", REGISTER)] {
            assert!(wrapper.contains(&format!("{name}: {kind}")), "{name}");
        }
    }
}
