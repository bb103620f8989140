//! Money: exact amounts, the currencies there are, and rates between them.
//!
//! Owns what an amount is ([`Amount`], millionths in an integer), how it is read and written, which currencies ISO 4217
//! has ([`Currency`]), and what an amount is in another currency by the rates that a site loaded ([`Exchange`]). Refuses
//! floats, rates that nobody loaded, and rounding before the end of a sum. No I/O: [`crate::ingest`] reads amounts of
//! events with it, [`crate::journey`] adds them up, [`crate::store`] keeps them.

mod amount;
mod currency;
mod exchange;
mod rate;
mod table;

pub use amount::{Amount, Sum, UnfitAmount};
pub use currency::{Currency, UnknownCurrency};
pub(crate) use exchange::QUARTER_MS;
pub use exchange::{Exact, Exchange};
pub use rate::{Rate, UnfitRate};
pub use table::{DatedRate, UnfitTable, csv};
