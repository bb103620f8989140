//! Some of a list, as bits by their place.

/// Some of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    bits: Vec<u64>,
    count: usize,
}

impl Marks {
    /// Marks one.
    pub(super) fn add(&mut self, place: usize) {
        let block = place / 64;
        if self.bits.len() <= block {
            self.bits.resize(block + 1, 0);
        }
        let bit = 1 << (place % 64);
        if self.bits[block] & bit == 0 {
            self.bits[block] |= bit;
            self.count += 1;
        }
    }

    /// Whether one is marked.
    pub(super) fn has(&self, place: usize) -> bool {
        self.bits
            .get(place / 64)
            .is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }

    /// How many are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn bytes(&self) -> usize {
        self.bits.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_marked_once() {
        let mut marks = Marks::default();
        for place in [0, 63, 64, 1000, 64] {
            marks.add(place);
        }
        assert_eq!(marks.count(), 4);
        let marked: Vec<usize> = (0..2000).filter(|place| marks.has(*place)).collect();
        assert_eq!(marked, [0, 63, 64, 1000]);
    }
}
