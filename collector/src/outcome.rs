//! What becomes of an item: every item that arrives ends as exactly one of these.
//!
//! The names are the protocol's, so that the answer, the metrics and the logs say the same word. An outcome is final
//! but for `retry`.

use waymark_protocol::{ItemAnswer, Reason, Status};

/// Why an item may be dropped.
pub const DROPPED: [Reason; 9] = [
    Reason::InvalidField,
    Reason::UnknownType,
    Reason::TooLarge,
    Reason::InvalidTime,
    Reason::UnknownEvent,
    Reason::InvalidProps,
    Reason::Rejected,
    Reason::Erased,
    Reason::Expired,
];

/// A reason's name on the wire.
pub fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::InvalidField => "invalid_field",
        Reason::UnknownType => "unknown_type",
        Reason::TooLarge => "too_large",
        Reason::InvalidTime => "invalid_time",
        Reason::UnknownEvent => "unknown_event",
        Reason::InvalidProps => "invalid_props",
        Reason::Rejected => "rejected",
        Reason::Erased => "erased",
        Reason::Expired => "expired",
        Reason::StoreUnavailable => "store_unavailable",
        Reason::Other => "other",
    }
}

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
    /// The limit that was passed.
    pub limit: Option<u64>,
}

impl Fault {
    /// A fault of one field.
    pub fn of(reason: Reason, field: impl Into<String>) -> Self {
        Self {
            reason,
            field: Some(field.into()),
            limit: None,
        }
    }

    /// A field that is over its limit.
    pub fn too_large(field: impl Into<String>, limit: usize) -> Self {
        Self {
            limit: u64::try_from(limit).ok(),
            ..Self::of(Reason::TooLarge, field)
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
        let (status, fault) = match self {
            Self::Accepted => (Status::Accepted, None),
            Self::Duplicate => (Status::Duplicate, None),
            Self::Dropped(fault) => (Status::Dropped, Some(fault)),
            Self::Retry => (Status::Retry, None),
        };
        answer.status = status;
        answer.reason = match &fault {
            Some(fault) => Some(fault.reason),
            None if status == Status::Retry => Some(Reason::StoreUnavailable),
            None => None,
        };
        (answer.field, answer.limit) = fault.map_or((None, None), |f| (f.field, f.limit));
        if !matches!(answer.status, Status::Accepted) {
            answer.ignored.clear();
            answer.flagged.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for reason in DROPPED.into_iter().chain([Reason::StoreUnavailable]) {
            let name = serde_json::to_value(reason).unwrap();
            assert_eq!(name, reason_name(reason));
        }
    }
}
