//! A batch: what is true for all its items, then the items.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One request's worth of items from one visitor, one session and one tab.
///
/// `C` is the context and `I` an item: the collector reads both as raw JSON first, so that a fault in one place
/// costs that place alone; the SDK writes JSON that it serialised when the item was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch<C, I> {
    /// Protocol version, [`crate::VERSION`].
    pub v: u32,
    /// The site's public write key.
    pub key: String,
    /// The sender's clock at the moment of sending. The collector compares it with its own clock to correct `at`.
    pub sent_at: i64,
    /// What made the batch.
    pub sdk: Sdk,
    /// What holds for every item.
    pub context: C,
    /// In the order in which they were made.
    pub items: Vec<I>,
}

/// The sender's name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sdk<S = Cow<'static, str>> {
    /// For example `waymark-js`.
    pub name: S,
    /// For example `0.1.0`.
    pub version: S,
    /// What ran the core.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub engine: Option<Engine>,
}

/// What ran the SDK's core in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// WebAssembly.
    Wasm,
    /// The same core translated to JavaScript, where the page's policy refuses WebAssembly.
    Js,
}

/// What is true for every item of a batch. `S` is a text, `T` a [`Touch`], `D` a [`Device`] and `U` an id: the SDK puts borrowed texts and
/// ready-made JSON there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Context<S = String, T = Touch, D = Device, U = Uuid> {
    /// The browser's lasting id.
    pub visitor_id: U,
    /// The id of the tab that made the items. `seq` counts within it.
    pub tab_id: U,
    /// The session the items belong to.
    pub session: Session<U>,
    /// The site's own id of the person, once known in this browser.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub user_id: Option<S>,
    /// How the visitor came to this session.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub touch: Option<T>,
    /// How the visitor came for the first time, kept in the browser ever since.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub first_touch: Option<T>,
    /// Google Analytics' ids, where its cookies are on the page.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub ga: Option<GaIds<S>>,
    /// Hints about the device that only the page can see.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub device: Option<D>,
    /// The consent under which the items were made.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub consent: Option<Consent>,
}

/// A session as the browser's tabs agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session<U = Uuid> {
    /// Made once, shared by all tabs.
    pub id: U,
    /// The client's clock at the session's first activity.
    pub started_at: i64,
}

/// How a visitor arrived: the landing page's URL, the page before it, and what the URL says of a campaign.
///
/// Raw facts only. Source, medium and channel are the collector's conclusion from them. `S` is a text, and `C` are
/// [`ClickIds`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(
    not(target_family = "wasm"),
    serde(bound(serialize = "S: Serialize, C: Serialize + Empty"))
)]
pub struct Touch<S = String, C = ClickIds> {
    /// The client's clock at the landing.
    pub at: i64,
    /// The whole URL of the landing page.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub landing_url: Option<S>,
    /// `document.referrer` on the landing page, as long as it is not empty.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub referrer: Option<S>,
    /// `utm_source`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub source: Option<S>,
    /// `utm_medium`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub medium: Option<S>,
    /// `utm_campaign`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub campaign: Option<S>,
    /// `utm_term`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub term: Option<S>,
    /// `utm_content`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub content: Option<S>,
    /// Advertising click ids by parameter name, such as `gclid`; only names in [`crate::limits::CLICK_IDS`].
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Empty::is_empty")
    )]
    pub click_ids: C,
}

/// Click ids, each name once. A JSON object on the wire, of which a later repetition of a name is ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClickIds(pub Vec<(Cow<'static, str>, String)>);

/// What may have nothing to say, and is left out then.
pub trait Empty {
    /// Whether there is nothing.
    fn is_empty(&self) -> bool;
}

impl Empty for ClickIds {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ClickIds {
    /// The value under `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

impl Serialize for ClickIds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ClickIds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ClickIds;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ClickIds, A::Error> {
                let mut ids = ClickIds::default();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if ids.get(&name).is_none() {
                        ids.0.push((Cow::Owned(name), value));
                    }
                }
                Ok(ids)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Google Analytics 4's own ids for this browser and its current session, read from its cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GaIds<S = String> {
    /// The last two fields of the `_ga` cookie, such as `1162820436.1749482504`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub client_id: Option<S>,
    /// The session id of a `_ga_<stream>` cookie: the session's start in Unix seconds, as text.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub session_id: Option<S>,
}

/// What the page can see of the device. Sizes are in CSS pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// `screen.width`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub screen_width: Option<u32>,
    /// `screen.height`.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub screen_height: Option<u32>,
    /// `innerWidth` at the session's start.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub viewport_width: Option<u32>,
    /// `innerHeight` at the session's start.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub viewport_height: Option<u32>,
    /// `navigator.language`, a BCP 47 tag.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub language: Option<String>,
    /// The IANA name of the browser's time zone.
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub time_zone: Option<String>,
}

/// What the visitor has agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Asked and agreed, or the site needs no consent.
    Granted,
    /// Asked and refused.
    Denied,
    /// Not asked yet.
    Unknown,
}
