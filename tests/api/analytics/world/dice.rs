//! Chance that a seed decides (SplitMix64).

use uuid::{Builder, Uuid};

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to before `end`.
    pub(super) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Whether something happens that does so many times in a hundred.
    pub(super) fn happens(&mut self, per_cent: i64) -> bool {
        self.below(100) < per_cent
    }

    /// One of them, by its weight.
    pub(super) fn weighted<'a, T>(&mut self, all: &'a [(i64, T)]) -> &'a T {
        let mut left = self.below(all.iter().map(|(weight, _)| weight).sum());
        let found = all.iter().find(|(weight, _)| {
            left -= weight;
            left < 0
        });
        &found.unwrap().1
    }

    /// An id as browsers make them at a moment.
    pub(super) fn id(&mut self, at: i64) -> Uuid {
        let bytes = self.next().to_be_bytes();
        let mut random = [0; 10];
        random[..8].copy_from_slice(&bytes);
        random[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        Builder::from_unix_timestamp_millis(u64::try_from(at).unwrap(), &random).into_uuid()
    }

    /// Puts a list in any order.
    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            let other = self.below(i64::try_from(place).unwrap() + 1);
            all.swap(place, usize::try_from(other).unwrap());
        }
    }
}
