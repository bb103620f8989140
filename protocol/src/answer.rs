//! What the collector answers: one line for every item, by id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The answer to a batch that could be read. Names every item that has a readable id exactly once, in the
/// batch's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// Protocol version, [`crate::VERSION`].
    pub v: u32,
    /// The collector's clock when the batch had been read.
    pub received_at: i64,
    /// A line for every item.
    pub results: Vec<ItemAnswer>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemAnswer {
    /// The item's id; absent where the item had none that could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<Uuid>,
    /// What became of it.
    pub status: Status,
    /// Why, for `dropped` and `retry`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
    /// The field at fault, for a reason that has one, as a path such as `data.name`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// The limit that was passed, for [`Reason::TooLarge`]: bytes of an item, characters of a text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u64>,
    /// Optional fields that could not be read and were left out; the item itself was kept.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ignored: Vec<String>,
    /// What is not as the site's event catalogue says; the item was kept as it is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub flagged: Vec<String>,
}

/// What became of an item. All but [`Status::Retry`] are final: the sender may forget the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Committed to stable storage by this request.
    Accepted,
    /// Committed to stable storage before.
    Duplicate,
    /// Will never be stored, for the reason given.
    Dropped,
    /// Not stored now, for the reason given; send it again later.
    Retry,
}

/// Why an item was dropped or has to come again. The text on the wire never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A required field is missing or cannot be read.
    InvalidField,
    /// The item's `type` is not known to this collector.
    UnknownType,
    /// A text, object or the whole item is over its limit.
    TooLarge,
    /// The time of the item is too far from now to be true, even after clock correction.
    InvalidTime,
    /// The site's event catalogue has no event of this name.
    UnknownEvent,
    /// The event's properties are not as the site's event catalogue says.
    InvalidProps,
    /// The database refused this one item.
    Rejected,
    /// Whom the item is of has been erased by the site's owner.
    Erased,
    /// The item is older than what the site keeps.
    Expired,
    /// The database cannot be reached or written now.
    StoreUnavailable,
    /// A reason of a newer collector.
    #[serde(other)]
    Other,
}

/// The answer to a request that could not be read as a batch, or was refused whole: nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// What is wrong.
    pub error: ErrorBody,
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable, for programs: `invalid_json`, `invalid_field`, `unknown_key`, `overloaded`, …
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The field at fault, if it is one field.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// The limit that was passed, where one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u64>,
}
