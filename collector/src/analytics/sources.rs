//! Sessions by where they came from, and by what else is known of them. A session counts wholly where it began, with
//! everything that happened in it.

use super::groups::By;
use super::prices::Prices;
use super::rows::TooMany;
use super::scope::Scope;
use super::tally::{Tallied, by_values};

/// Counts sessions by values of dimensions.
///
/// # Errors
/// [`TooMany`].
pub fn sources(scope: &Scope<'_>, prices: &Prices, by: &By) -> Result<Tallied, TooMany> {
    by_values(scope, prices, by, true)
}
