//! What a browser says to a collector and what the collector answers: plain data, version 1.
//!
//! A [`Batch`] carries its [`Context`] once and then any number of [`Item`]s. The collector answers with a
//! [`BatchAnswer`] that names every item by id; the sender keeps an item until an answer names it.
//!
//! Owns the shape of the wire and its limits. Refuses logic: no clock, no random numbers, no I/O, nothing but
//! serde and uuid, so that it compiles for `wasm32-unknown-unknown` and for the host alike.
//!
//! Two rules keep old senders and new collectors (and the reverse) talking:
//! - an unknown field is ignored, and a field that is not known is left out: no nulls, no placeholders;
//! - an item's `data` is read by its `type`; a collector that does not know the type drops that item alone.
//!
//! The sender only serialises and the collector only deserialises. The two type parameters exist for that: the
//! SDK puts ready-made JavaScript values where the collector keeps raw JSON text. The SDK's own serializer leaves out what
//! is absent in whatever type, so the attributes that say so are for other targets: in the browser, code would be
//! derived from each of them.
//!
//! Every `*_at` and `at` is milliseconds since the Unix epoch. Ids are UUIDs; those of items are version 7, made
//! by the client once, so that their leading bits are the client's clock at that moment (RFC 9562, section 5.7).

mod answer;
mod batch;
mod item;
pub mod limits;

pub use answer::{BatchAnswer, ErrorAnswer, ErrorBody, ItemAnswer, Reason, Status};
pub use batch::{
    Batch, ClickIds, Consent, Context, Device, Empty, Engine, GaIds, Sdk, Session, Touch,
};
pub use item::{
    ConsentChange, Event, GaLinked, Group, Identify, Item, ItemKind, Milestone, PagePing, PageView,
};

/// The version that this crate describes, sent as `v` in every batch and answer.
pub const VERSION: u32 = 1;
