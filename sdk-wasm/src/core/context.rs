//! The context of a batch as JSON text: made once per visitor, session and user, and stored beside the items it holds for.

use std::cell::Cell;

use uuid::Uuid;

/// A context that items refer to.
#[derive(Debug)]
pub struct Context {
    /// The tab that made it.
    pub tab: Uuid,
    /// Tells the contexts of one tab apart: the sequence number of the first item that used it.
    pub number: u64,
    /// The session in it; nil if that cannot be read.
    pub session: Uuid,
    /// The JSON, without Google Analytics' ids.
    pub json: String,
    /// Whether storage holds it now.
    pub stored: Cell<bool>,
    /// Not sent before this time: the collector could not read it.
    pub hold_until: Cell<i64>,
}

impl Context {
    /// A context read back from storage.
    pub fn restored(tab: Uuid, number: u64, json: String) -> Context {
        Context {
            tab,
            number,
            session: session(&json),
            json,
            stored: Cell::new(true),
            hold_until: Cell::new(0),
        }
    }
}

/// The session's id within a context's JSON.
fn session(json: &str) -> Uuid {
    let id = super::text::after(json, "\"session\":{\"id\":\"");
    super::id::parse(super::text::before(id, b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id;
    use waymark_protocol::{Context as Wire, Session};

    #[test]
    fn the_session_is_found_again() {
        let wire: Wire = Wire {
            visitor_id: id::new(1, [1; 2]),
            tab_id: id::new(2, [2; 2]),
            session: Session {
                id: id::new(3, [3; 2]),
                started_at: 3,
            },
            user_id: None,
            touch: None,
            first_touch: None,
            ga: None,
            device: None,
            consent: None,
        };
        let json = serde_json::to_string(&wire).expect("serialises");
        let restored = Context::restored(wire.tab_id, 1, json);
        assert_eq!(restored.session, wire.session.id);
        assert!(restored.stored.get());
        let unreadable = Context::restored(wire.tab_id, 1, "{}".to_owned());
        assert!(unreadable.session.is_nil());
    }
}
