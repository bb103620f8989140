//! Fisher's exact test of two shares, to one side.

/// So many of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Of them.
    pub part: u64,
    /// All.
    pub whole: u64,
}

/// The chance that a share is at least as great as `own` if `own` and `other` are drawn from one lot: of all ways to deal the
/// parts of both to as many as each has, those that give `own` as many or more. 1 where either has nobody.
pub fn chance(own: Share, other: Share) -> f64 {
    let (all, parts, drawn) = (own.whole + other.whole, own.part + other.part, own.whole);
    if own.whole == 0 || other.whole == 0 {
        return 1.0;
    }
    let most = parts.min(drawn);
    // In logarithms, as most of these numbers have no room in a float; from then on by the ratio of neighbours.
    let first = ln_choose(parts, own.part) + ln_choose(all - parts, drawn - own.part)
        - ln_choose(all, drawn);
    let (mut term, mut sum) = (1.0, 0.0);
    for x in own.part..=most {
        sum += term;
        if term < sum * f64::EPSILON / 4.0 {
            break;
        }
        let up = (parts - x) as f64 * (drawn - x) as f64;
        let down = (x + 1) as f64 * (all - parts + x + 1 - drawn) as f64;
        if up == 0.0 {
            break;
        }
        term *= up / down;
    }
    (first.exp() * sum).min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The logarithm of a factorial: added up where it is small, by Stirling's series from there on, which is exact to the last digits.
fn ln_factorial(n: u64) -> f64 {
    if n < 64 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let x = n as f64;
    let tail = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    x * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI * x).ln() + tail
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(own: (u64, u64), other: (u64, u64)) -> f64 {
        let share = |(part, whole)| Share { part, whole };
        chance(share(own), share(other))
    }

    #[test]
    fn known_tables_have_their_chance() {
        // The lady tasting tea: three of four right, four of four right.
        assert!((of((3, 4), (1, 4)) - 17.0 / 70.0).abs() < 1e-12);
        assert!((of((4, 4), (0, 4)) - 1.0 / 70.0).abs() < 1e-12);
        // Fisher's twins: 10 of 13 against 2 of 17.
        assert!((of((10, 13), (2, 17)) - 0.000_465_180).abs() < 1e-8);
        assert_eq!((of((0, 0), (1, 2)), of((1, 2), (0, 0))), (1.0, 1.0));
        assert!((of((0, 5), (3, 9)) - 1.0).abs() < 1e-12);
        let far = of((60_000, 100_000), (40_000, 100_000));
        assert!((0.0..1e-300).contains(&far));
    }

    /// By counting every way to deal.
    fn slow(own: (u64, u64), other: (u64, u64)) -> f64 {
        let choose = |n: u64, k: u64| -> u128 {
            (0..k).fold(1, |ways, i| ways * u128::from(n - i) / u128::from(i + 1))
        };
        let (parts, rest) = (own.0 + other.0, own.1 + other.1 - own.0 - other.0);
        let ways = (own.0..=parts.min(own.1))
            .filter(|x| own.1 - x <= rest)
            .map(|x| choose(parts, x) * choose(rest, own.1 - x))
            .sum::<u128>();
        ways as f64 / choose(own.1 + other.1, own.1) as f64
    }

    proptest! {
        #[test]
        fn the_chance_is_that_of_all_ways_to_deal(a in 1_u64..30, b in 1_u64..30, x in 0_u64..30, y in 0_u64..30) {
            let (own, other) = ((x.min(a), a), (y.min(b), b));
            let (fast, slow) = (of(own, other), slow(own, other));
            prop_assert!((fast - slow).abs() < 1e-9 * slow.max(1e-12), "{fast} {slow}");
        }
    }
}
