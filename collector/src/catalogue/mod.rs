//! The event catalogue: which events a site has, what their properties look like, and what it says of an event.
//!
//! Owns the document's shape ([`Document`]), the part of JSON Schema that it may use ([`schema`]) and the compiled form
//! that judges events ([`Catalogue`]). Refuses everything that it does not know, when the document is set and never when
//! an event arrives. No I/O: the store keeps documents, [`crate::ingest`] asks what they say of an event, and from there a
//! finding goes into the counts or, with its item, into the inbox.

mod document;
mod judge;
mod schema;

pub(crate) use document::BYTES;
pub use document::{Document, Unfit};
pub use judge::{Catalogue, Finding, Problem};

/// What becomes of an event that the catalogue does not describe.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody asks the catalogue.
    Off,
    /// It is stored, counted, and named in the answer.
    Flag,
    /// It is dropped and goes into the inbox.
    Reject,
}

impl Mode {
    /// Its name, in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Flag => "flag",
            Self::Reject => "reject",
        }
    }

    /// The mode with this name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Off, Self::Flag, Self::Reject]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}
