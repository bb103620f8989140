//! What the numbers of a tab's items say of items that never arrived.
//!
//! A tab counts its items from 1 without gaps, so a number below its highest that is not there was made and not stored:
//! lost on the way, refused, or still to come. What was lost after a tab's last item is not seen, so the estimate is a
//! lower bound.
//!
//! Numbers are kept in blocks of [`BLOCK`], each of which counts for the time of its earliest item; blocks of which
//! nothing arrived count with the next one that has something.

use serde::Serialize;

/// Numbers of one block: as many as a signed 64-bit integer has bits beside its sign.
pub(super) const BLOCK: i64 = 63;
/// A tab that makes more items than this is no browser's tab, and its numbers say nothing.
pub(super) const MOST: i64 = 1_000_000;
/// Blocks in a row of which nothing arrived. More are a sender that does not count, and not a loss: one forged item must
/// not drown the figures of a site.
pub(super) const EMPTY_BLOCKS: i64 = 16;

/// Where a number is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The block.
    pub block: i64,
    /// Its bit within the block.
    pub bit: i64,
}

/// Where a number is kept; `None` for one that nobody counted to.
pub fn place(seq: i64) -> Option<Place> {
    (1..=MOST).contains(&seq).then(|| Place {
        block: (seq - 1) / BLOCK,
        bit: 1 << ((seq - 1) % BLOCK),
    })
}

/// Items that arrived, and those that did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Loss {
    /// Items that are stored.
    pub received: i64,
    /// Items that were made before one of those and are not.
    pub missing: i64,
}

impl Loss {
    /// What one block says. `gap` is the number of blocks before it of which nothing arrived, `followed` whether the tab
    /// has a later one.
    pub fn of_block(bits: i64, gap: i64, followed: bool) -> Self {
        let received = i64::from(bits.count_ones());
        let made = if followed {
            BLOCK
        } else {
            i64::from(i64::BITS - bits.leading_zeros())
        };
        let before = if gap > EMPTY_BLOCKS { 0 } else { gap * BLOCK };
        Self {
            received,
            missing: made - received + before,
        }
    }

    /// This one `times` over, added to `other`.
    #[must_use]
    pub fn add_times(self, other: Self, times: i64) -> Self {
        Self {
            received: self.received + other.received * times,
            missing: self.missing + other.missing * times,
        }
    }

    /// The share that is missing, from 0 to 1; nothing where nothing was made.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio is not read to the last of 53 bits"
    )]
    pub fn rate(self) -> Option<f64> {
        let made = self.received + self.missing;
        (made > 0).then(|| self.missing as f64 / made as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_place_of_their_own() {
        let of = |seq| place(seq).map(|place| (place.block, place.bit));
        assert_eq!(of(1), Some((0, 1)));
        assert_eq!(of(63), Some((0, 1 << 62)));
        assert_eq!(of(64), Some((1, 1)));
        assert_eq!(of(MOST), Some((15_873, 1)));
        for nobody in [i64::MIN, -1, 0, MOST + 1, i64::MAX] {
            assert_eq!(of(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn what_lies_below_the_highest_is_missing() {
        let of = |bits, gap, followed| {
            let loss = Loss::of_block(bits, gap, followed);
            (loss.received, loss.missing)
        };
        assert_eq!(of(0b1, 0, false), (1, 0));
        assert_eq!(of(0b1001, 0, false), (2, 2));
        assert_eq!(of(0b1001, 0, true), (2, 61));
        assert_eq!(of(i64::MAX, 0, true), (63, 0));
        assert_eq!(of(0b1, 2, false), (1, 126));
        assert_eq!(of(0b1, EMPTY_BLOCKS + 1, false), (1, 0));
    }

    #[test]
    fn nothing_has_no_rate() {
        assert_eq!(Loss::default().rate(), None);
        let loss = Loss {
            received: 3,
            missing: 1,
        };
        assert_eq!(loss.rate(), Some(0.25));
    }
}
