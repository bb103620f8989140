//! Conclusions from raw facts: what device it was, where a visit came from, which channel that is.
//!
//! Pure functions of their arguments and of lists that are part of the program. Nothing here is kept or sent; the
//! conclusions go into [`crate::journey::Arrival`].

pub mod channel;
mod sources;
pub mod touch;
pub mod user_agent;
