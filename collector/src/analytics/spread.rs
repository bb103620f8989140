//! How percentages are spread: exact, and as small as there are few of them.

/// Percentages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spread {
    /// Each of them.
    Few(Vec<u8>),
    /// How many there are of each.
    Many(Box<[u32; 101]>),
}

/// From how many on counting each of the hundred and one takes less room.
const MANY: usize = 404;

impl Default for Spread {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Spread {
    /// Adds one; what is beyond a hundred is a hundred.
    pub fn add(&mut self, per_cent: u8) {
        let per_cent = per_cent.min(100);
        match self {
            Self::Few(all) if all.len() < MANY => all.push(per_cent),
            Self::Few(_) => {
                self.spread()[per_cent as usize] += 1;
            }
            Self::Many(counts) => counts[per_cent as usize] += 1,
        }
    }

    /// Adds those of another.
    pub fn join(&mut self, other: Self) {
        match other {
            Self::Few(all) => all.into_iter().for_each(|one| self.add(one)),
            Self::Many(other) => {
                for (count, more) in self.spread().iter_mut().zip(*other) {
                    *count += more;
                }
            }
        }
    }

    fn spread(&mut self) -> &mut [u32; 101] {
        if let Self::Few(all) = self {
            *self = Self::Many(Box::new(counted(all)));
        }
        match self {
            Self::Many(counts) => counts,
            Self::Few(_) => unreachable!("they were just counted"),
        }
    }

    fn counts(&self) -> [u32; 101] {
        match self {
            Self::Few(all) => counted(all),
            Self::Many(counts) => **counts,
        }
    }

    /// The one in the middle, or between the two there.
    pub fn median(&self) -> Option<f64> {
        let counts = self.counts();
        let count: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let at = |place: u64| {
            let mut seen = 0;
            counts.iter().zip(0_u8..).find_map(|(count, per_cent)| {
                seen += u64::from(*count);
                (seen > place).then_some(f64::from(per_cent))
            })
        };
        Some((at(count.checked_sub(1)? / 2)? + at(count / 2)?) / 2.0)
    }

    /// How many there are of at least so much.
    pub fn at_least(&self, per_cent: usize) -> u64 {
        let counts = self.counts();
        counts[per_cent..]
            .iter()
            .map(|count| u64::from(*count))
            .sum()
    }
}

fn counted(all: &[u8]) -> [u32; 101] {
    let mut counts = [0; 101];
    for one in all {
        counts[*one as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_sorting_says(mut all in proptest::collection::vec(0_u8..=100, 0..1200), cut in 0_usize..1200) {
            let (one, other) = all.split_at(cut.min(all.len()));
            let (mut spread, mut rest) = (Spread::default(), Spread::default());
            one.iter().for_each(|per_cent| spread.add(*per_cent));
            other.iter().for_each(|per_cent| rest.add(*per_cent));
            spread.join(rest);
            all.sort_unstable();
            let median = (!all.is_empty()).then(|| {
                (f64::from(all[(all.len() - 1) / 2]) + f64::from(all[all.len() / 2])) / 2.0
            });
            prop_assert_eq!(spread.median(), median);
            let deep = all.iter().filter(|per_cent| **per_cent >= 90).count() as u64;
            prop_assert_eq!(spread.at_least(90), deep);
        }
    }
}
