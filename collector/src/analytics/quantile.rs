//! Medians and percentiles of whole numbers, exactly.

/// The least of some values that at least so many per cent of them do not exceed (the nearest rank), so it is one of them;
/// nothing of none. Their order is lost.
pub fn percentile(values: &mut [i64], percent: usize) -> Option<i64> {
    let rank = (values.len() * percent).div_ceil(100).max(1);
    if rank > values.len() {
        return None;
    }
    let (_, found, _) = values.select_nth_unstable(rank - 1);
    Some(*found)
}

/// A part of a whole; nothing where there is no whole.
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let of = |values: &[i64], percent| percentile(&mut values.to_vec(), percent);
        assert_eq!(of(&[], 50), None);
        assert_eq!(of(&[7], 50), Some(7));
        assert_eq!(of(&[9, 1], 50), Some(1));
        assert_eq!(of(&[3, 9, 1], 50), Some(3));
        let ten: Vec<i64> = (1..=10).rev().collect();
        assert_eq!(
            (of(&ten, 50), of(&ten, 90), of(&ten, 100)),
            (Some(5), Some(9), Some(10))
        );
        assert_eq!((rate(1, 0), rate(1, 4)), (None, Some(0.25)));
    }
}
