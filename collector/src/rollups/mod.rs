//! Sums by hour: what overview and sources are answered from until a copy of a site's rows is there, or where it does not fit.
//!
//! An hour's sums are a recount of its rows ([`hours`]), kept until something changes them. Whatever does marks the hour in its own
//! transaction; marked hours are counted anew when they are read, so that an answer equals the recount at any moment, whether or
//! not [`keep`] has come by. Visitors are sets that can be put together ([`distinct`]), of which large ones are estimated.
//!
//! Nothing here knows a question; [`crate::analytics::rolled`] makes figures of sums. Every statement is
//! [`crate::store::rollups`]'.

pub mod distinct;
pub mod hours;
pub mod keep;
