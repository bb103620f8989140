//! An item: one thing that happened, made once, with an id that never changes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One item. `D` is what its kind says in detail: one of the structs of this module on the sender's side, raw
/// JSON in the collector until the kind has been read. `U` is an id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item<D, U = Uuid> {
    /// What kind of item, and so what `data` holds.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// UUID version 7, made with the item. The collector keeps one item per site and id.
    pub id: U,
    /// The client's clock when it happened.
    pub at: i64,
    /// Counts the items of one tab from 1 without gaps; a gap seen by the collector is a loss.
    pub seq: u64,
    /// The page view during which it happened; the item's own id for a page view.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub page_view_id: Option<U>,
    /// What the kind says in detail.
    pub data: D,
}

/// The kinds of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// [`PageView`].
    PageView,
    /// [`Event`].
    Event,
    /// [`Identify`].
    Identify,
    /// [`Milestone`].
    Milestone,
    /// [`PagePing`].
    PagePing,
    /// [`GaLinked`].
    GaLinked,
    /// [`ConsentChange`].
    Consent,
    /// [`Group`].
    Group,
}

/// A page was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageView<S = String> {
    /// The whole URL.
    pub url: S,
    /// `document.title`.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub title: Option<S>,
    /// The page before: `document.referrer`, or the URL before a navigation within a single-page app.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub referrer: Option<S>,
}

/// Something the site names happened. `P` is an object of properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event<P, S = String> {
    /// The site's name for it, such as `cta_clicked`.
    pub name: S,
    /// Any JSON object within the limits.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub props: Option<P>,
    /// Whether the event counts as a conversion.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "core::ops::Not::not")
    )]
    pub conversion: bool,
    /// Money earned, as decimal text (`"49.90"`), never a float.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub value: Option<S>,
    /// The value's currency, ISO 4217 (`EUR`).
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub currency: Option<S>,
    /// The URL it happened on.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub url: Option<S>,
}

/// The visitor is a user the site knows. `T` is an object of traits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identify<T, S = String> {
    /// The site's own id of the person.
    pub user_id: S,
    /// Another id of the same person, by which the site knew them before.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub previous_id: Option<S>,
    /// Any JSON object within the limits; a trait beyond them is left out, and the others stay.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub traits: Option<T>,
}

/// The visitor belongs to an account: an organisation, a team, a workspace. `T` is an object of the account's traits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group<T, S = String> {
    /// The site's own id of the account.
    pub account_id: S,
    /// As in [`Identify`].
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub traits: Option<T>,
}

/// A named moment of the journey, of which the first time counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Milestone<P, S = String> {
    /// Such as `signup_at`.
    pub name: S,
    /// Any JSON object within the limits.
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub props: Option<P>,
}

/// How a page view is going. Both figures only grow, so the greatest one received is the truth and a lost,
/// repeated or late ping costs nothing. The page view is the item's `page_view_id`, required here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagePing {
    /// Milliseconds for which the page was visible, so far.
    pub visible_ms: u64,
    /// The furthest that the bottom of the window has reached, in per cent of the document's height, 0 to 100.
    pub scroll_max: u8,
}

/// Google Analytics' cookies appeared after a batch of this session had been sent without them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaLinked<S = String> {
    /// See [`crate::GaIds::client_id`].
    pub client_id: S,
    /// See [`crate::GaIds::session_id`].
    #[serde(default)]
    #[cfg_attr(
        not(target_family = "wasm"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub session_id: Option<S>,
}

/// The visitor's consent changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentChange {
    /// What holds from now on.
    pub state: crate::Consent,
}
