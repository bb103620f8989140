//! How many different visitors there are in sets that are put together: exactly as long as each set is small, else estimated.
//!
//! A small set is the hashes of its ids. A large one is registers of a HyperLogLog: of each of 4,096 parts of all hashes, the most
//! zeros that one begins with. Sets of either form can be put together without counting anybody twice. Estimates are Ertl's
//! improved raw estimator (<https://arxiv.org/abs/1702.01284>), which needs no table of corrections.

use uuid::Uuid;

/// Bits of a hash that choose a register.
const BITS: u32 = 12;
const REGISTERS: usize = 1 << BITS;
/// Zeros that are counted at most, and one more for none.
const MOST: usize = 64 - BITS as usize;
/// Hashes of a small set: with more, registers take less room.
const FEW: usize = REGISTERS / 8;
/// The standard error of an estimate, as a part of one: 1.04 by the root of the number of registers.
pub const ERROR: f64 = 0.016_25;

/// What a stored set begins with.
const IS_FEW: u8 = 0;
const IS_MANY: u8 = 1;

type Registers = Box<[u8; REGISTERS]>;

/// A set of visitors, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distinct {
    /// Hashes, in order.
    Few(Vec<u64>),
    /// Registers.
    Many(Registers),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Distinct {
    /// Adds a visitor.
    pub fn add(&mut self, visitor: Uuid) {
        let hash = hash(visitor);
        match self {
            Self::Few(all) => {
                let Err(place) = all.binary_search(&hash) else {
                    return;
                };
                all.insert(place, hash);
                if all.len() > FEW {
                    let mut registers = none();
                    for hash in all {
                        note(&mut registers, *hash);
                    }
                    *self = Self::Many(registers);
                }
            }
            Self::Many(registers) => note(registers, hash),
        }
    }

    /// As it is stored.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Few(all) => {
                let mut bytes = vec![IS_FEW];
                bytes.extend(all.iter().flat_map(|hash| hash.to_be_bytes()));
                bytes
            }
            Self::Many(registers) => {
                let mut bytes = vec![IS_MANY];
                bytes.extend_from_slice(&registers[..]);
                bytes
            }
        }
    }

    /// Of what was stored; nothing where that cannot have been stored here.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (form, rest) = bytes.split_first()?;
        match *form {
            IS_FEW => {
                let (hashes, []) = rest.as_chunks::<8>() else {
                    return None;
                };
                let hashes = hashes.iter().map(|hash| u64::from_be_bytes(*hash));
                Some(Self::Few(hashes.collect()))
            }
            IS_MANY => {
                let registers: Box<[u8]> = rest.into();
                Some(Self::Many(registers.try_into().ok()?))
            }
            _ => None,
        }
    }
}

/// Sets that are put together.
#[derive(Debug, Clone, Default)]
pub struct Union {
    few: Vec<u64>,
    many: Option<Registers>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// About, or exactly.
    pub number: u64,
    /// Whether it is about.
    pub is_estimate: bool,
}

impl Union {
    /// Adds a set.
    pub fn join(&mut self, set: &Distinct) {
        match set {
            Distinct::Few(all) => self.few.extend(all),
            Distinct::Many(registers) => {
                let all = self.many.get_or_insert_with(none);
                for (most, other) in all.iter_mut().zip(registers.iter()) {
                    *most = (*most).max(*other);
                }
            }
        }
    }

    /// How many different ones are in any of the sets: exactly where all of these were small.
    pub fn count(mut self) -> Count {
        if let Some(mut registers) = self.many {
            for hash in self.few {
                note(&mut registers, hash);
            }
            return Count {
                number: estimate(&registers),
                is_estimate: true,
            };
        }
        self.few.sort_unstable();
        self.few.dedup();
        Count {
            number: self.few.len() as u64,
            is_estimate: false,
        }
    }
}

fn none() -> Registers {
    Box::new([0; REGISTERS])
}

/// A hash of all bits of an id: those of ids that are times are alike. What is stored rests on it, so it stays as it is.
fn hash(visitor: Uuid) -> u64 {
    fn mix(mut bits: u64) -> u64 {
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
    let (high, low) = visitor.as_u64_pair();
    mix(low ^ mix(high.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

fn note(registers: &mut Registers, hash: u64) {
    let place = (hash >> (64 - BITS)) as usize;
    // A bit behind the others, so that there are never more zeros than are counted.
    let rest = (hash << BITS) | (1 << (BITS - 1));
    let zeros = u8::try_from(rest.leading_zeros() + 1).unwrap_or(u8::MAX);
    registers[place] = registers[place].max(zeros);
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate is a rounded one"
)]
fn estimate(registers: &Registers) -> u64 {
    let mut counts = [0_u32; MOST + 2];
    for zeros in registers.iter() {
        counts[usize::from(*zeros).min(MOST + 1)] += 1;
    }
    let all = REGISTERS as f64;
    let mut sum = all * tau(1.0 - f64::from(counts[MOST + 1]) / all);
    for count in counts[1..=MOST].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += all * sigma(f64::from(counts[0]) / all);
    (all * all / (2.0 * std::f64::consts::LN_2) / sum).round() as u64
}

/// Ertl's σ: what registers that nothing was noted in add.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

/// Ertl's τ: what registers that are full add.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(number: u64) -> Uuid {
        // As they come: a time that hardly differs, and few bits that do.
        Uuid::from_u64_pair(0x0197_5440_0000_7000 + (number >> 8), 0x8000 << 48 | number)
    }

    fn set(numbers: impl Iterator<Item = u64>) -> Distinct {
        let mut set = Distinct::default();
        numbers.for_each(|number| set.add(visitor(number)));
        set
    }

    fn count<'s>(sets: impl IntoIterator<Item = &'s Distinct>) -> Count {
        let mut all = Union::default();
        sets.into_iter().for_each(|set| all.join(set));
        all.count()
    }

    #[test]
    fn small_sets_are_exact_however_many_are_put_together() {
        let sets: Vec<Distinct> = (0..200)
            .map(|hour| set(hour * 100..hour * 100 + 300))
            .collect();
        let Count {
            number,
            is_estimate,
        } = count(&sets);
        assert_eq!((number, is_estimate), (199 * 100 + 300, false));
        assert_eq!(count([]).number, 0);
    }

    #[test]
    fn estimates_are_within_four_standard_errors() {
        for size in [513_u64, 1_000, 5_000, 20_000, 300_000] {
            let Count {
                number,
                is_estimate,
            } = count([&set(0..size)]);
            let off = (number as f64 - size as f64).abs() / size as f64;
            assert!(is_estimate && off < 4.0 * ERROR, "{number} of {size}");
        }
    }

    #[test]
    fn nobody_is_counted_twice_in_whatever_form() {
        let (large, small) = (set(0..10_000), set(9_900..10_000));
        let both = count([&large, &small, &large]);
        assert_eq!(both, count([&large]));
        let halves = [set(0..6_000), set(5_000..10_000)];
        assert_eq!(count(&halves), count([&large]));
    }

    #[test]
    fn what_is_stored_is_read() {
        for set in [
            set(0..0),
            set(0..3),
            set(0..512),
            set(0..513),
            set(0..50_000),
        ] {
            assert_eq!(Distinct::read(&set.bytes()).as_ref(), Some(&set));
        }
        assert!(set(0..512).bytes().len() <= 4_097);
        for bytes in [&[][..], &[0, 1], &[1, 0], &[2]] {
            assert_eq!(Distinct::read(bytes), None);
        }
    }

    #[test]
    fn hashes_are_those_that_were_stored() {
        assert_eq!(hash(Uuid::nil()), 0x4821_8226_ff3c_d4bf);
        assert_eq!(hash(Uuid::from_u64_pair(1, 2)), 0x081a_5c13_7785_6b73);
    }
}
