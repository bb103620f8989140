//! The wire protocol's shapes as the description tells them. The shapes themselves are `protocol/`'s, which knows
//! nothing of descriptions; what this says of them is held against the running collector.

#![allow(dead_code, reason = "read by machines, never made")]

use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::journey::Direction;

/// One request's worth of items of one visitor, session and tab. `protocol/` has all there is to a context and to the
/// `data` of each type of item.
#[derive(ToSchema)]
pub(crate) struct Batch {
    /// The protocol's version.
    #[schema(minimum = 1, maximum = 1, example = 1)]
    v: u32,
    /// The site's write key.
    #[schema(example = "wk_described1")]
    key: String,
    /// The sender's clock when it sent.
    sent_at: i64,
    sdk: Option<Sdk>,
    context: Context,
    #[schema(max_items = 500)]
    items: Vec<Item>,
}

/// What made the batch.
#[derive(ToSchema)]
pub(crate) struct Sdk {
    name: String,
    version: String,
}

/// What holds for every item.
#[derive(ToSchema)]
pub(crate) struct Context {
    visitor_id: Uuid,
    tab_id: Uuid,
    session: WireSession,
    user_id: Option<String>,
    /// How the visitor came to this session.
    touch: Option<Map<String, Value>>,
    /// How the visitor came for the first time.
    first_touch: Option<Map<String, Value>>,
    ga: Option<Map<String, Value>>,
    device: Option<Map<String, Value>>,
    consent: Option<Consent>,
}

/// The session that the items belong to.
#[derive(ToSchema)]
pub(crate) struct WireSession {
    id: Uuid,
    started_at: i64,
}

/// Whether the visitor agrees.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Consent {
    Granted,
    Denied,
}

/// Something that happened.
#[derive(ToSchema)]
pub(crate) struct Item {
    #[schema(rename = "type")]
    kind: ItemType,
    /// A UUID of version 7, made once.
    id: Uuid,
    /// When, by the sender's clock.
    at: i64,
    /// Counts within the tab.
    #[schema(minimum = 0)]
    seq: u64,
    page_view_id: Option<Uuid>,
    /// What there is to say of it, by type: `{"url"}`, `{"name"}`, `{"user_id"}`, …
    data: Map<String, Value>,
}

/// The types of items.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ItemType {
    PageView,
    Event,
    Identify,
    Milestone,
    PagePing,
    GaLinked,
    Consent,
    Group,
}

/// One message of Segment's API, or any number of them in `batch`. docs/segment.md says what becomes of each.
#[derive(ToSchema)]
pub(crate) struct Messages {
    /// The write key or a server key, where it does not stand in `Authorization`.
    #[schema(rename = "writeKey", example = "wk_described1")]
    write_key: Option<String>,
    /// The sender's clock when it sent, as ISO 8601.
    #[schema(rename = "sentAt", example = "2026-11-28T14:37:08.632Z")]
    sent_at: Option<String>,
    /// Of `/v1/batch` and `/v1/import`.
    #[schema(max_items = 500)]
    batch: Option<Vec<Map<String, Value>>>,
}

/// Interactions of a server with the site's people. docs/interactions.md says what each field is.
#[derive(ToSchema)]
pub(crate) struct InteractionBatch {
    /// The sender's clock when it sent, in milliseconds; ISO 8601 is taken too.
    sent_at: Option<i64>,
    #[schema(max_items = 500)]
    interactions: Vec<InteractionItem>,
}

/// Something that passed between the site and somebody outside of its pages. One of `user_id`, `visitor_id`, `email_hash`
/// and `email` says with whom.
#[derive(ToSchema)]
pub(crate) struct InteractionItem {
    /// The sender's id of it, by which it counts once.
    #[schema(max_length = 256)]
    id: String,
    #[schema(example = "email", max_length = 100)]
    channel: String,
    #[schema(example = "opened", max_length = 100)]
    kind: String,
    direction: Option<Direction>,
    /// When, by the sender's clock, in milliseconds; ISO 8601 is taken too.
    at: i64,
    user_id: Option<String>,
    visitor_id: Option<Uuid>,
    /// SHA-256 of the trimmed address in lower case, in hexadecimal digits.
    email_hash: Option<String>,
    /// Hashed at once, and never kept.
    email: Option<String>,
    source: Option<String>,
    campaign: Option<String>,
    subject: Option<String>,
    #[schema(max_items = 20)]
    labels: Option<Vec<String>>,
    #[schema(minimum = 0)]
    duration_s: Option<i64>,
    props: Option<Map<String, Value>>,
}

/// The answer to interactions that could be read.
#[derive(ToSchema)]
pub(crate) struct InteractionAnswer {
    /// The collector's clock when the request had been read.
    received_at: i64,
    /// A line for each, in order.
    results: Vec<InteractionLine>,
}

/// What became of an interaction.
#[derive(ToSchema)]
pub(crate) struct InteractionLine {
    /// As it was sent; absent where there was none that could be read.
    id: Option<String>,
    status: Status,
    /// Why, for `dropped` and `retry`.
    reason: Option<Reason>,
    /// The field at fault.
    field: Option<String>,
    /// The limit that was passed.
    limit: Option<u64>,
    /// Optional fields that were left out.
    ignored: Option<Vec<String>>,
}

/// The answer to a batch that could be read.
#[derive(ToSchema)]
pub(crate) struct BatchAnswer {
    v: u32,
    /// The collector's clock when the batch had been read.
    received_at: i64,
    /// A line for every item, in order.
    results: Vec<ItemAnswer>,
}

/// What became of an item.
#[derive(ToSchema)]
pub(crate) struct ItemAnswer {
    /// Absent where the item had none that could be read.
    id: Option<Uuid>,
    status: Status,
    /// Why, for `dropped` and `retry`.
    reason: Option<Reason>,
    /// The field at fault.
    field: Option<String>,
    /// The limit that was passed.
    limit: Option<u64>,
    /// Optional fields that were left out.
    ignored: Option<Vec<String>>,
    /// What is not as the site's event catalogue says.
    flagged: Option<Vec<String>>,
}

/// `accepted` and `duplicate` are durable; `retry` is to be sent again.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Status {
    Accepted,
    Duplicate,
    Dropped,
    Retry,
}

/// Why an item was not stored.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Reason {
    InvalidField,
    UnknownType,
    TooLarge,
    InvalidTime,
    UnknownEvent,
    InvalidProps,
    Rejected,
    Erased,
    Expired,
    StoreUnavailable,
}
