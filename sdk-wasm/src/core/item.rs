//! Items as they are sent, and what is refused before one is made.

use serde::{Serialize, Serializer};
use waymark_protocol::{
    ConsentChange, Event, GaLinked, Identify, ItemKind, Milestone, PagePing, PageView, limits,
};

use super::attribution::cut;

/// What an item says, by kind. `P` is the site's own object: a JavaScript value in the browser.
#[derive(Debug)]
pub enum Data<P> {
    /// A page was shown.
    View(PageView),
    /// A named event.
    Event(Event<P>),
    /// The visitor is a known user.
    Identify(Identify<P>),
    /// A named moment.
    Milestone(Milestone<P>),
    /// The figures of a page view.
    Ping(PagePing),
    /// Google Analytics' ids came late.
    Ga(GaLinked),
    /// Consent changed.
    Consent(ConsentChange),
}

impl<P> Data<P> {
    /// The kind that belongs to the data.
    pub fn kind(&self) -> ItemKind {
        match self {
            Data::View(_) => ItemKind::PageView,
            Data::Event(_) => ItemKind::Event,
            Data::Identify(_) => ItemKind::Identify,
            Data::Milestone(_) => ItemKind::Milestone,
            Data::Ping(_) => ItemKind::PagePing,
            Data::Ga(_) => ItemKind::GaLinked,
            Data::Consent(_) => ItemKind::Consent,
        }
    }

    /// Whether the item is sent at once: what the site's business turns on is not left to a timer.
    pub fn is_urgent(&self) -> bool {
        match self {
            Data::Event(event) => event.conversion,
            Data::Milestone(_) | Data::Identify(_) => true,
            _ => false,
        }
    }
}

// By hand, because the wire has no trace of the enum.
impl<P: Serialize> Serialize for Data<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::View(data) => data.serialize(serializer),
            Data::Event(data) => data.serialize(serializer),
            Data::Identify(data) => data.serialize(serializer),
            Data::Milestone(data) => data.serialize(serializer),
            Data::Ping(data) => data.serialize(serializer),
            Data::Ga(data) => data.serialize(serializer),
            Data::Consent(data) => data.serialize(serializer),
        }
    }
}

/// A page view's data, cut to the limits.
pub fn view(url: &str, title: Option<&str>, referrer: Option<&str>) -> PageView {
    let text = |text: Option<&str>, chars| {
        text.map(|t| cut(t, chars))
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    PageView {
        url: cut(url, limits::URL_CHARS).to_owned(),
        title: text(title, limits::TEXT_CHARS),
        referrer: text(referrer, limits::URL_CHARS),
    }
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
fn depth(json: &str) -> usize {
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
    use crate::core::json::Raw;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use uuid::Uuid;
    use waymark_protocol::{Consent, Item};

    const FULL: &str = include_str!("../../../protocol/fixtures/v1/batch.full.json");

    /// The fixture's item of one kind, made from the same facts in the way the SDK makes it.
    fn made(wanted: &Value) -> Item<Data<Raw>> {
        let data = &wanted["data"];
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let object = |name: &str| data.get(name).map(|value| Raw(value.to_string()));
        let made = match wanted["type"].as_str().expect("a type") {
            "page_view" => Data::View(view(
                data["url"].as_str().expect("a url"),
                data["title"].as_str(),
                data["referrer"].as_str(),
            )),
            "event" => Data::Event(Event {
                name: text("name").expect("a name"),
                props: object("props"),
                conversion: data["conversion"].as_bool().expect("a flag"),
                value: text("value"),
                currency: text("currency"),
                url: text("url"),
            }),
            "identify" => Data::Identify(Identify {
                user_id: text("user_id").expect("a user id"),
                traits: object("traits"),
            }),
            "milestone" => Data::Milestone(Milestone {
                name: text("name").expect("a name"),
                props: object("props"),
            }),
            "page_ping" => Data::Ping(PagePing {
                visible_ms: data["visible_ms"].as_u64().expect("a number"),
                scroll_max: 60,
            }),
            "ga_linked" => Data::Ga(GaLinked {
                client_id: text("client_id").expect("an id"),
                session_id: text("session_id"),
            }),
            "consent" => Data::Consent(ConsentChange {
                state: Consent::Granted,
            }),
            other => panic!("the fixture has a kind unknown here: {other}"),
        };
        let id = |name: &str| {
            wanted[name]
                .as_str()
                .map(|id| id.parse::<Uuid>().expect("an id"))
        };
        Item {
            kind: made.kind(),
            id: id("id").expect("an id"),
            at: wanted["at"].as_i64().expect("a time"),
            seq: wanted["seq"].as_u64().expect("a number"),
            page_view_id: id("page_view_id"),
            data: made,
        }
    }

    #[test]
    fn every_kind_is_written_as_the_protocol_says() {
        let fixture: Value = serde_json::from_str(FULL).expect("the fixture is JSON");
        let items = fixture["items"].as_array().expect("items");
        assert_eq!(items.len(), 7);
        for wanted in items {
            let text = crate::core::json::text(&made(wanted));
            assert_eq!(&serde_json::from_str::<Value>(&text).expect("JSON"), wanted);
        }
    }

    #[test]
    fn what_the_business_turns_on_is_urgent() {
        let event = |conversion| {
            Data::Event(Event::<Value> {
                name: "x".to_owned(),
                props: None,
                conversion,
                value: None,
                currency: None,
                url: None,
            })
        };
        assert!(event(true).is_urgent());
        assert!(!event(false).is_urgent());
        assert!(!Data::<Value>::View(view("u", None, None)).is_urgent());
    }

    #[test]
    fn texts_of_a_view_are_cut_and_empty_ones_left_out() {
        let long = "ü".repeat(3_000);
        let view = view(&long, Some(""), Some(&long));
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
