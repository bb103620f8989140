//! Ids: UUID version 7, so that an id carries the moment at which it was made (RFC 9562, section 5.7).

use serde::ser::{Serialize, Serializer};
use uuid::Uuid;

use super::json;
use super::text::push;

/// Makes an id from a time in milliseconds since the Unix epoch (a negative one counts as 0) and random numbers of 48 bits. Of the
/// first, the bits from the 45th on give way to the version; by those from the 33rd on, ids of one millisecond are in order.
pub fn new(at: i64, random: [u64; 2]) -> Uuid {
    let mut value: uuid::Bytes = [0; 16];
    let time = at.max(0) as u64;
    let mut bits = time;
    for (place, byte) in value.iter_mut().enumerate() {
        match place {
            6 => bits = random[0],
            12 => bits = random[1],
            _ => {}
        }
        *byte = (bits >> 40) as u8;
        bits <<= 8;
    }
    value[6] = value[6] & 0x0f | 0x70;
    value[8] = value[8] & 0x3f | 0x80;
    Uuid::from_bytes(value)
}

/// An id on the wire. A [`Uuid`] is written as the same text, by more code.
#[derive(Debug, Clone, Copy)]
pub struct Id<'a>(pub &'a Uuid);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(self.0))
    }
}

/// Reads an id of version 7 in the form in which [`text`] writes it; anything else is nil.
#[inline(never)]
pub fn parse(given: &str) -> Uuid {
    let mut value: uuid::Bytes = [0; 16];
    let mut digits = 0;
    for byte in given.bytes() {
        if byte != b'-'
            && let Some(slot) = value.get_mut(digits / 2)
        {
            // The value of a digit, where it is one: the letters come in a block of their own, from 1 on.
            *slot = *slot << 4 | ((byte & 15) + (byte >> 6) * 9);
            digits += 1;
        }
    }
    let id = Uuid::from_bytes(value);
    // The version, and the variant of RFC 9562. What was no digit, or in another place, is not written so.
    if value[6] >> 4 == 7 && value[8] >> 6 == 2 && text(&id) == given {
        id
    } else {
        Uuid::nil()
    }
}

/// The moment at which a version 7 id was made, in milliseconds since the Unix epoch.
#[inline(never)]
pub fn made_at(id: &Uuid) -> i64 {
    let bytes = id.as_bytes().iter().take(6);
    bytes.fold(0, |at, byte| at << 8 | i64::from(*byte))
}

/// The hyphenated lower-case form.
#[inline(never)]
pub fn text(id: &Uuid) -> String {
    let mut out = String::new();
    for (place, byte) in id.as_bytes().iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            push(&mut out, "-");
        }
        json::hex(&mut out, *byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_when_it_was_made_and_survives_text() {
        let id = new(1_749_482_504_123, [!0; 2]);
        assert_eq!(made_at(&id), 1_749_482_504_123);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(parse(&text(&id)), id);
    }

    #[test]
    fn within_a_millisecond_ids_come_in_the_order_of_their_first_number() {
        let id = |number: u64, random| new(1_749_482_504_123, [number << 32 | random, random]);
        for number in [0, 1, 255, 256, 4_094] {
            assert!(id(number, 0xffff_ffff) < id(number + 1, 0), "{number}");
            assert_eq!(made_at(&id(number, 0)), 1_749_482_504_123);
        }
    }

    #[test]
    fn a_clock_before_the_epoch_makes_a_valid_id() {
        assert_eq!(made_at(&new(-5, [1; 2])), 0);
    }

    #[test]
    fn only_version_7_in_hyphenated_form_is_read() {
        for refused in [
            "",
            "01975560-7a00-4000-8000-000000000001",
            "01975560-7a00-7000-c000-000000000001",
            "019755607a007000800000000000000112345",
            "019755607a0070008000000000000001",
            "01975560-7a00-7000-8000-00000000000g",
            "{01975560-7a00-7000-8000-00000000001}",
        ] {
            assert!(parse(refused).is_nil(), "{refused}");
        }
        assert!(!parse("01975560-7a00-7000-8000-000000000001").is_nil());
    }
}
