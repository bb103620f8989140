//! Destinations: what a site's items are sent on to, and how.
//!
//! ```text
//! store::commit   the item, and a row for each destination that wants it, in one transaction
//!   └ courier     takes what is due, one lane for each destination
//!       └ letter  the item as it is now → webhook or ga4: what is sent, or why nothing is
//!           └ attempt     transport: address → connection → TLS → request → answer
//!       ┌ courier delivered, skipped, due again later, or dead
//! ```
//!
//! [`wants`] says which items a destination gets; [`address`] where nothing may be sent; [`signature`], [`webhook`] and
//! [`ga4`] what a request holds. Those do no I/O. Nobody here knows who asks for a change: that is `http`'s and the
//! command line's, by [`crate::site_destinations`].
//!
//! Refuses to keep anyone waiting: the way of ingest ends with the row, and a slow receiver has its own lane alone. Secrets
//! come from the store when something is signed and go nowhere else.

pub(crate) mod address;
pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod courier;
pub(crate) mod ga4;
mod lane;
pub(crate) mod letter;
pub(crate) mod meter;
pub(crate) mod signature;
pub(crate) mod transport;
pub mod wants;
pub(crate) mod webhook;

/// Milliseconds after which an item that arrives is history, of which nobody is told: a backfill is no news.
pub(crate) const HISTORY_MS: i64 = 7 * 24 * 60 * 60 * 1000;
