//! Columns of rows that a test makes up.

use std::sync::Arc;

use super::gather::{Gather, Room};
use super::kinds::{Common, Known};
use super::part::Part;
use super::shelf::Shelf;
use super::site::Columns;
use crate::store::columns::Take;

impl Columns {
    /// Of what `tell` tells, in any order but visitors before what is theirs.
    pub(crate) fn made(as_of: i64, tell: impl FnOnce(&mut dyn Take)) -> Self {
        let room = Room {
            site_id: 1,
            held: 0,
            shelf: Arc::new(Shelf::new(usize::MAX)),
        };
        let mut gather = Gather::new(Common::default(), Arc::default(), room);
        tell(&mut gather);
        let (rows, mut common) = gather.finish();
        Self {
            known: Arc::new(common.known(&Known::default())),
            segments: vec![Part::of(rows)],
            as_of,
            ..Self::default()
        }
    }
}
