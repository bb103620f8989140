//! Dividing a whole into integers.

/// The scale of weights that are made of fractions: the sum of four thousand million such still fits.
pub const FRACTION: f64 = 4_294_967_296.0;

/// A share between 0 and 1 as a weight.
pub fn fraction(share: f64) -> u64 {
    // A float is cut to the range of the integer it becomes.
    (share * FRACTION).round() as u64
}

/// Divides `whole` by `weights`, so that the parts add up to it exactly: each gets its quota rounded towards zero, and what is
/// left over goes, one by one, to the largest remainders, the first of equal ones first (Hamilton's method). A `whole` below
/// zero is divided like its opposite.
///
/// Without any weight above 0 every part is as large, because something has to become of the whole. No weights give no parts.
/// The weights' sum has to fit 64 bits.
pub fn apportion(whole: i128, weights: &[u64]) -> Vec<i128> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    debug_assert!(sum <= u64::MAX.into(), "weights that do not fit");
    if sum == 0 && !weights.is_empty() {
        return apportion(whole, &vec![1; weights.len()]);
    }
    let size = whole.unsigned_abs();
    let mut left = size;
    let mut shares: Vec<(usize, u128, u128)> = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        let weight = u128::from(*weight);
        // What is over after whole rounds is smaller than the sum, so the product fits.
        let over = size % sum * weight;
        let share = size / sum * weight + over / sum;
        left -= share;
        shares.push((place, share, over % sum));
    }
    shares.sort_unstable_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
    let mut parts = vec![0; weights.len()];
    for (place, share, _) in shares {
        // Fewer are left over than there are remainders above 0, and those come first.
        let extra = left.min(1);
        left -= extra;
        parts[place] = (share + extra).cast_signed() * whole.signum();
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_remainders_take_what_is_left_over() {
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(-10, &[1, 1, 1]), [-4, -3, -3]);
        assert_eq!(apportion(100, &[1, 2, 4]), [14, 29, 57]);
        assert_eq!(apportion(7, &[0, 0]), [4, 3]);
        assert_eq!(apportion(7, &[]), [0_i128; 0]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_are_within_one_of_their_quota(
            whole in -i128::from(i64::MAX) * 1000..i128::from(i64::MAX) * 1000,
            weights in prop::collection::vec(0..u64::from(u32::MAX), 1..20),
        ) {
            let parts = apportion(whole, &weights);
            prop_assert_eq!(parts.iter().sum::<i128>(), whole);
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            prop_assume!(sum > 0);
            for (part, weight) in parts.iter().zip(&weights) {
                let off = part * sum - whole * i128::from(*weight);
                prop_assert!(off.abs() < sum, "{part} of {whole} for {weight} of {sum}");
            }
        }
    }
}
