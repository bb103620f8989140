//! Solving `x = Q·x + r` for an absorbing chain: `Q` is where states lead to, `r` what they are worth at once.

/// Up to this many states the system is eliminated, above it is swept.
const DENSE: usize = 160;
/// When an elimination costs too much even where sweeps do not arrive.
const TOO_MANY: usize = 1200;
/// What a sweep may change at the end, of values between 0 and 1.
const SETTLED: f64 = 1e-15;
const SWEEPS: usize = 2000;

/// A row of `Q`: which state, and how likely.
pub type Row = Vec<(usize, f64)>;

/// `x` of every state, or nothing where it cannot be found: states that never end, or too many that hardly ever do.
pub fn solve(rows: &[Row], worth: &[f64]) -> Option<Vec<f64>> {
    if rows.len() <= DENSE {
        return eliminate(rows, worth);
    }
    sweep(rows, worth).or_else(|| (rows.len() <= TOO_MANY).then(|| eliminate(rows, worth))?)
}

/// Gauss' elimination with row pivots of `(1 − Q)·x = r`.
fn eliminate(rows: &[Row], worth: &[f64]) -> Option<Vec<f64>> {
    let size = rows.len();
    let width = size + 1;
    let mut matrix = vec![0.0; size * width];
    for (state, row) in rows.iter().enumerate() {
        matrix[state * width + state] += 1.0;
        for (next, likely) in row {
            matrix[state * width + next] -= likely;
        }
        matrix[state * width + size] = worth[state];
    }
    for column in 0..size {
        let size_at = |row: usize| matrix[row * width + column].abs();
        let pivot = (column..size).max_by(|a, b| size_at(*a).total_cmp(&size_at(*b)))?;
        if size_at(pivot) < 1e-12 {
            return None;
        }
        for at in column..width {
            matrix.swap(column * width + at, pivot * width + at);
        }
        let (above, below) = matrix.split_at_mut((column + 1) * width);
        let pivot = &above[column * width..];
        for row in below.chunks_exact_mut(width) {
            let factor = row[column] / pivot[column];
            if factor != 0.0 {
                for at in column..width {
                    row[at] -= factor * pivot[at];
                }
            }
        }
    }
    let mut found = vec![0.0; size];
    for row in (0..size).rev() {
        let line = &matrix[row * width..(row + 1) * width];
        let known: f64 = (row + 1..size).map(|at| line[at] * found[at]).sum();
        found[row] = (line[size] - known) / line[row];
    }
    Some(found)
}

/// Gauss and Seidel's sweeps, from the last state to the first, until nothing moves any more.
fn sweep(rows: &[Row], worth: &[f64]) -> Option<Vec<f64>> {
    let mut found = worth.to_vec();
    for _ in 0..SWEEPS {
        let mut moved: f64 = 0.0;
        for state in (0..rows.len()).rev() {
            let mut stays = 0.0;
            let mut value = worth[state];
            for (next, likely) in &rows[state] {
                if *next == state {
                    stays += likely;
                } else {
                    value += likely * found[*next];
                }
            }
            if stays >= 1.0 {
                return None;
            }
            value /= 1.0 - stays;
            moved = moved.max((value - found[state]).abs());
            found[state] = value;
        }
        if moved <= SETTLED {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// A chain of which every state ends with a likelihood of at least a hundredth.
        fn chain()(size in 1..40_usize)(
            likely in prop::collection::vec(prop::collection::vec((0..size, 1..100_u32), 0..6), size),
            ends in prop::collection::vec((1..50_u32, 0..50_u32), size),
        ) -> (Vec<Row>, Vec<f64>) {
            let mut rows = Vec::new();
            let mut worth = Vec::new();
            for (row, (won, lost)) in likely.into_iter().zip(ends) {
                let all = f64::from(row.iter().map(|(_, n)| n).sum::<u32>() + won + lost);
                rows.push(row.into_iter().map(|(next, n)| (next, f64::from(n) / all)).collect());
                worth.push(f64::from(won) / all);
            }
            (rows, worth)
        }
    }

    proptest! {
        #[test]
        fn both_ways_find_what_solves_the_system((rows, worth) in chain()) {
            let eliminated = eliminate(&rows, &worth).unwrap();
            let swept = sweep(&rows, &worth).unwrap();
            for (state, row) in rows.iter().enumerate() {
                let again: f64 = worth[state] + row.iter().map(|(next, likely)| likely * eliminated[*next]).sum::<f64>();
                prop_assert!((again - eliminated[state]).abs() < 1e-12);
                prop_assert!((swept[state] - eliminated[state]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_state_that_never_ends_has_no_solution() {
        assert_eq!(eliminate(&[vec![(0, 1.0)]], &[0.0]), None);
        assert_eq!(sweep(&[vec![(0, 1.0)]], &[0.0]), None);
    }
}
