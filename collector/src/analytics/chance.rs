//! Numbers that look like chance and follow from a seed alone, the same on every machine.
//!
//! SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014); numbers of a Poisson
//! distribution by inversion where they are few, else by transformed rejection (Hörmann, *The transformed rejection method for
//! generating Poisson random variables*, 1993).

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

/// From this mean on rejection is faster.
const MANY: u64 = 16;

impl Chance {
    /// The stream of a seed and a number, unlike those of other numbers.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut chance = Self(seed);
        let start = chance.draw() ^ number.wrapping_mul(0xA24B_AED4_963E_E407);
        Self(start)
    }

    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of at least 0 and below 1.
    pub fn part(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How often something happens that happens so often on average.
    pub fn often(&mut self, mean: u64) -> u64 {
        match mean {
            0 => 0,
            1..MANY => (0..mean).map(|_| self.about_once()).sum(),
            mean => self.about(mean as f64),
        }
    }

    /// How often something happens that happens once on average.
    fn about_once(&mut self) -> u64 {
        let part = self.part();
        let mut likely = (-1.0_f64).exp();
        let (mut so_far, mut often) = (likely, 0);
        // The likelihood of more is far below what a part can tell.
        while part >= so_far && often < 20 {
            often += 1;
            likely /= often as f64;
            so_far += likely;
        }
        often
    }

    /// The algorithm PTRS.
    fn about(&mut self, mean: f64) -> u64 {
        let log = mean.ln();
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let within = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.part() - 0.5;
            let v = self.part();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= within {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let left = v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln();
            if left <= k * log - mean - log_factorial(k) {
                return k as u64;
            }
        }
    }
}

/// The logarithm of `k!`, by Stirling's series.
fn log_factorial(k: f64) -> f64 {
    if k < 10.0 {
        return (2..=k as u32).map(|n| f64::from(n).ln()).sum();
    }
    let series = 1.0 / (12.0 * k) - 1.0 / (360.0 * k.powi(3)) + 1.0 / (1260.0 * k.powi(5));
    (k + 0.5) * k.ln() - k + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_always_the_same_numbers() {
        // The first numbers of the algorithm's own test of the seed 1234567.
        let mut chance = Chance(1_234_567);
        let first = [chance.draw(), chance.draw(), chance.draw()];
        let known = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(first, known);
        assert_ne!(Chance::new(1, 1).draw(), Chance::new(1, 2).draw());
        assert_ne!(Chance::new(1, 1).draw(), Chance::new(2, 1).draw());
    }

    #[test]
    fn what_happens_so_often_has_that_mean_and_that_variance() {
        for mean in [1, 3, 15, 16, 40, 2_000] {
            let mut chance = Chance::new(7, mean);
            let drawn: Vec<f64> = (0..40_000).map(|_| chance.often(mean) as f64).collect();
            let average = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let squares = drawn.iter().map(|one| (one - average).powi(2));
            let variance = squares.sum::<f64>() / drawn.len() as f64;
            let mean = mean as f64;
            // Five standard errors of either.
            let error = (mean / drawn.len() as f64).sqrt();
            assert!((average - mean).abs() < 5.0 * error, "{average} for {mean}");
            let error = mean * (3.0 / drawn.len() as f64).sqrt();
            assert!(
                (variance - mean).abs() < 5.0 * error,
                "{variance} for {mean}"
            );
        }
        assert_eq!(Chance::new(1, 1).often(0), 0);
    }

    #[test]
    fn the_logarithm_of_a_factorial_is_that_of_its_factors() {
        for k in [0, 1, 5, 9, 10, 30, 170_u32] {
            let exact: f64 = (1..=k).map(|n| f64::from(n).ln()).sum();
            assert!((log_factorial(f64::from(k)) - exact).abs() < 1e-9);
        }
    }
}
