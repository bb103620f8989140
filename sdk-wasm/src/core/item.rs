//! Items as they are sent, and what is refused before one is made.
//!
//! What an item says in detail is JSON text by the time it gets here, written from the protocol's type by whoever makes the
//! item; see [`super::json`].

use uuid::Uuid;
use waymark_protocol::{Item, ItemKind, PageView, limits};

use super::attribution::cut;
use super::id::Id;
use super::json::{self, Raw};

/// What tells one item from the next, beside what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its id.
    pub id: Uuid,
    /// When it happened.
    pub at: i64,
    /// Its number within the tab.
    pub seq: u64,
    /// The page view during which it happened; nil if there was none. A page view's own is its id.
    pub view: Uuid,
}

impl Stamp {
    /// Of no item.
    pub const fn none() -> Stamp {
        Stamp {
            id: Uuid::nil(),
            at: 0,
            seq: 0,
            view: Uuid::nil(),
        }
    }
}

/// The JSON of an item.
pub fn text(kind: ItemKind, stamp: &Stamp, data: &str) -> String {
    json::text(&Item {
        kind,
        id: Id(&stamp.id),
        at: stamp.at,
        seq: stamp.seq,
        page_view_id: Some(Id(&stamp.view)).filter(|_| !stamp.view.is_nil()),
        data: Raw(data),
    })
}

/// What a page view says, cut to the limits. An empty title or page before is absent.
pub fn view(url: &str, title: &str, referrer: &str) -> String {
    json::text(&PageView {
        url: cut(url, limits::URL_CHARS),
        title: Some(cut(title, limits::TEXT_CHARS)),
        referrer: Some(cut(referrer, limits::URL_CHARS)),
    })
}

/// Whether a text the site gave is a name or id of 1 to `chars` characters.
pub fn is_name(text: &str, chars: usize) -> bool {
    text.bytes().any(|byte| byte > b' ') && cut(text, chars).len() == text.len()
}

/// Whether an item's JSON is within the limits of size and of the depth of properties.
pub fn fits(json: &str) -> bool {
    // The item and its `data` are two levels around the properties.
    json.len() <= limits::ITEM_BYTES && depth(json) <= limits::PROPS_DEPTH + 2
}

/// Levels of objects and arrays in valid JSON.
pub fn depth(json: &str) -> usize {
    let (mut level, mut deepest) = (0usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !quoted => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use waymark_protocol::{
        Consent, ConsentChange, Event, GaLinked, Group, Identify, Milestone, PagePing,
    };

    const FULL: &str = include_str!("../../../protocol/fixtures/v1/batch.full.json");

    /// What the fixture's item says, from the same facts in the way the SDK makes it.
    fn said(kind: &str, data: &Value) -> (ItemKind, String) {
        let text = |name: &str| data[name].as_str().unwrap_or("");
        let object = |name: &str| data.get(name).map_or(String::new(), Value::to_string);
        let (props, traits) = (object("props"), object("traits"));
        match kind {
            "page_view" => (
                ItemKind::PageView,
                view(text("url"), text("title"), text("referrer")),
            ),
            "event" => (
                ItemKind::Event,
                json::text(&Event {
                    name: text("name"),
                    props: Some(Raw(&props)),
                    conversion: data["conversion"].as_bool().expect("a flag"),
                    value: Some(text("value")),
                    currency: Some(text("currency")),
                    url: Some(text("url")),
                }),
            ),
            "identify" => (
                ItemKind::Identify,
                json::text(&Identify {
                    user_id: text("user_id"),
                    previous_id: Some(text("previous_id")),
                    traits: Some(Raw(&traits)),
                }),
            ),
            "group" => (
                ItemKind::Group,
                json::text(&Group {
                    account_id: text("account_id"),
                    traits: Some(Raw(&traits)),
                }),
            ),
            "milestone" => (
                ItemKind::Milestone,
                json::text(&Milestone {
                    name: text("name"),
                    props: Some(Raw(&props)),
                }),
            ),
            "page_ping" => (
                ItemKind::PagePing,
                json::text(&PagePing {
                    visible_ms: data["visible_ms"].as_u64().expect("a number"),
                    scroll_max: 60,
                }),
            ),
            "ga_linked" => (
                ItemKind::GaLinked,
                json::text(&GaLinked {
                    client_id: text("client_id"),
                    session_id: Some(text("session_id")),
                }),
            ),
            "consent" => (
                ItemKind::Consent,
                json::text(&ConsentChange {
                    state: Consent::Granted,
                }),
            ),
            other => panic!("the fixture has a kind unknown here: {other}"),
        }
    }

    #[test]
    fn every_kind_is_written_as_the_protocol_says() {
        let fixture: Value = serde_json::from_str(FULL).expect("the fixture is JSON");
        let items = fixture["items"].as_array().expect("items");
        assert_eq!(items.len(), 9);
        for wanted in items {
            let id = |name: &str| {
                wanted.get(name).map_or(Uuid::nil(), |id| {
                    id.as_str().expect("text").parse().expect("an id")
                })
            };
            let (kind, data) = said(wanted["type"].as_str().expect("a type"), &wanted["data"]);
            let stamp = Stamp {
                id: id("id"),
                at: wanted["at"].as_i64().expect("a time"),
                seq: wanted["seq"].as_u64().expect("a number"),
                view: id("page_view_id"),
            };
            let text = text(kind, &stamp, &data);
            assert_eq!(&serde_json::from_str::<Value>(&text).expect("JSON"), wanted);
        }
    }

    #[test]
    fn texts_of_a_view_are_cut_and_empty_ones_left_out() {
        let long = "ü".repeat(3_000);
        let view: PageView = serde_json::from_str(&view(&long, "", &long)).expect("a view");
        assert_eq!(view.url.chars().count(), limits::URL_CHARS);
        assert_eq!(view.title, None);
        assert_eq!(
            view.referrer.map(|r| r.chars().count()),
            Some(limits::URL_CHARS)
        );
    }

    #[test]
    fn names_have_one_to_so_many_characters() {
        assert!(is_name("signup_at", 100));
        assert!(is_name(&"ü".repeat(100), 100));
        assert!(!is_name(&"ü".repeat(101), 100));
        assert!(!is_name("", 100));
        assert!(!is_name("  ", 100));
    }

    #[test]
    fn brackets_in_texts_are_no_levels() {
        assert_eq!(depth(r#"{"a":"{[{[\"{","b":[{}]}"#), 3);
        assert_eq!(depth(r#""\\"#), 0);
    }

    fn nested(levels: usize) -> String {
        let mut props = json!(1);
        for _ in 0..levels {
            props = json!({ "a{": props });
        }
        json!({ "data": { "props": props } }).to_string()
    }

    #[test]
    fn properties_may_be_eight_levels_deep() {
        assert!(fits(&nested(limits::PROPS_DEPTH)));
        assert!(!fits(&nested(limits::PROPS_DEPTH + 1)));
        assert!(!fits(&"1".repeat(limits::ITEM_BYTES + 1)));
    }

    proptest! {
        #[test]
        fn any_text_leaves_the_depth_alone(text in "\\PC{0,30}") {
            prop_assert_eq!(depth(&json!({ "a": [text] }).to_string()), 2);
        }
    }
}
