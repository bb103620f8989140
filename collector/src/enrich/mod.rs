//! Conclusions from raw facts: what device it was, where a visit came from, which channel that is.
//!
//! Pure functions of their arguments and of lists that are part of the program. Nothing here is kept or sent; the
//! conclusions go into [`crate::journey::Arrival`].

pub mod channel;
mod sources;
pub mod touch;
pub mod user_agent;

/// The version of the rules: of everything here that decides about source, channel, device and bots. Kept with what
/// they concluded, so that it is known later which rules it was. A change of any rule or list is a new version.
pub const RULES: i64 = 1;
