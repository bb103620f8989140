//! Drawing one of several places, some of them oftener than others.

use fastrand::Rng;

/// What is drawn how often.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Sums of the weights up to each place.
    sums: Vec<f64>,
}

impl Weights {
    /// Of weights that are none of them negative, and not all of them nothing.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let sums = weights.into_iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self {
            sums: sums.collect(),
        }
    }

    /// By Zipf's law: the place of rank n is drawn as often as one in n to the power of `exponent`.
    pub fn zipf(places: usize, exponent: f64) -> Self {
        Self::new((1..=places).map(|rank| (rank as f64).powf(-exponent)))
    }

    /// One of them.
    pub fn draw(&self, random: &mut Rng) -> usize {
        let drawn = random.f64() * self.sums.last().copied().unwrap_or(0.0);
        let place = self.sums.partition_point(|sum| *sum <= drawn);
        place.min(self.sums.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(weights: &Weights, times: u32) -> Vec<u32> {
        let mut random = Rng::with_seed(7);
        let mut counts = vec![0; weights.sums.len()];
        for _ in 0..times {
            counts[weights.draw(&mut random)] += 1;
        }
        counts
    }

    #[test]
    fn what_weighs_nothing_is_never_drawn() {
        let counts = drawn(&Weights::new([0.0, 3.0, 0.0, 1.0]), 4_000);
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert!((2_850..3_150).contains(&counts[1]), "{counts:?}");
    }

    #[test]
    fn ranks_follow_the_law() {
        let counts = drawn(&Weights::zipf(50, 1.0), 100_000);
        for rank in [2, 4, 8, 16] {
            let ratio = f64::from(counts[0]) / f64::from(counts[rank - 1]);
            let off = ratio / rank as f64;
            assert!((0.85..1.15).contains(&off), "rank {rank}: {ratio}");
        }
    }
}
