//! What becomes of an item: every item that arrives ends as exactly one of these.
//!
//! The names are the protocol's, so that the answer, the metrics and the logs say the same word. An outcome is final
//! but for `retry`.

use waymark_protocol::{ItemAnswer, Reason, Status};

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Committed by this request.
    Accepted,
    /// Committed before.
    Duplicate,
    /// Never stored.
    Dropped(Fault),
    /// Not stored now: the database was not there.
    Retry,
}

/// Why an item is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The kind of fault.
    pub reason: Reason,
    /// The field at fault.
    pub field: Option<String>,
}

impl Fault {
    /// A fault of one field.
    pub fn of(reason: Reason, field: impl Into<String>) -> Self {
        Self {
            reason,
            field: Some(field.into()),
        }
    }

    /// A required field that is missing or cannot be read.
    pub fn invalid(field: impl Into<String>) -> Self {
        Self::of(Reason::InvalidField, field)
    }
}

impl Outcome {
    /// Writes the outcome into the item's line of the answer.
    pub fn write(self, answer: &mut ItemAnswer) {
        (answer.status, answer.reason, answer.field) = match self {
            Self::Accepted => (Status::Accepted, None, None),
            Self::Duplicate => (Status::Duplicate, None, None),
            Self::Dropped(fault) => (Status::Dropped, Some(fault.reason), fault.field),
            Self::Retry => (Status::Retry, Some(Reason::StoreUnavailable), None),
        };
        if !matches!(answer.status, Status::Accepted) {
            answer.ignored.clear();
        }
    }
}
