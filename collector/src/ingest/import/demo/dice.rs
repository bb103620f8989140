//! Chance that a seed decides (SplitMix64, by Guy Steele, Doug Lea and Christine Flood).

/// A sequence of numbers.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` to before `end`.
    pub(super) fn between(&mut self, least: i64, end: i64) -> i64 {
        let span = u64::try_from(end - least).unwrap_or(1).max(1);
        least + i64::try_from(self.roll() % span).unwrap_or_default()
    }

    /// Whether something happens that does so many times in a hundred.
    pub(super) fn happens(&mut self, per_cent: i64) -> bool {
        self.between(0, 100) < per_cent
    }

    /// One of a table, by the weights in it; the first row where there is none.
    pub(super) fn one_of<'t, T>(&mut self, table: &'t [(i64, T)]) -> Option<&'t T> {
        let mut left = self.between(0, table.iter().map(|(weight, _)| weight).sum());
        let found = table.iter().find(|(weight, _)| {
            left -= weight;
            left < 0
        });
        found.or(table.first()).map(|(_, one)| one)
    }
}
