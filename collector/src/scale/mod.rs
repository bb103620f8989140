//! Past one machine: a stream of NATS between those who take items and those who commit them (docs/queue.md).
//!
//! ```text
//! ingest::publishing → Publisher → ┄ stream, on three servers ┄ → Lane → writing → ingest → store::commit
//!      │                   │                                        │                     │
//!   accepted ◄──────── the ack                             waits, is sent again ◄── no ack before the commit
//! ```
//!
//! Owns what is said to NATS: how facts are written ([`form`]), into which messages they are put ([`messages`]), when one
//! counts as stored ([`Publisher`]), how they are taken again ([`Lane`]), what is set aside, and how all of it stands
//! ([`Standing`]). It refuses to promise anything by itself: that an item counts once is the primary key's work, and what the
//! stream notices of duplicates only saves some.
//!
//! Knows no HTTP and no SQL, and nothing of a site.

pub mod form;
mod lane;
mod link;
mod messages;
mod meter;
mod publisher;
mod standing;

pub use lane::{Delivered, Lane};
pub use link::{Found, Link, LinkError};
pub use messages::{PARTITIONS, partition};
pub use meter::Meter;
pub use publisher::Publisher;
pub use standing::{Lanes, Standing};
