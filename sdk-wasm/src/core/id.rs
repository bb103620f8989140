//! Ids: UUID version 7, so that an id carries the moment at which it was made (RFC 9562, section 5.7).

use uuid::{Builder, Uuid};

/// Random bytes that a new id needs.
pub const RANDOM_BYTES: usize = 10;

/// Makes an id from a time in milliseconds since the Unix epoch (a negative one counts as 0) and random bytes.
pub fn new(at: i64, random: &[u8; RANDOM_BYTES]) -> Uuid {
    Builder::from_unix_timestamp_millis(u64::try_from(at).unwrap_or(0), random).into_uuid()
}

/// Reads an id of version 7 in its hyphenated form; anything else is nil.
#[inline(never)]
pub fn parse(text: &str) -> Uuid {
    let mut value: uuid::Bytes = [0; 16];
    let mut digits = 0;
    for (at, byte) in text.bytes().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return Uuid::nil();
            }
        } else {
            let (Some(byte), Some(slot)) = (hex(byte), value.get_mut(digits / 2)) else {
                return Uuid::nil();
            };
            *slot = *slot << 4 | byte;
            digits += 1;
        }
    }
    // The version, and the variant of RFC 9562.
    if digits == 32 && value[6] >> 4 == 7 && value[8] >> 6 == 2 {
        Uuid::from_bytes(value)
    } else {
        Uuid::nil()
    }
}

/// The value of a hexadecimal digit.
pub fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        _ => match digit | 0x20 {
            lower @ b'a'..=b'f' => Some(lower - b'a' + 10),
            _ => None,
        },
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
    id.hyphenated()
        .encode_lower(&mut Uuid::encode_buffer())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_when_it_was_made_and_survives_text() {
        let id = new(1_749_482_504_123, &[0xff; RANDOM_BYTES]);
        assert_eq!(made_at(&id), 1_749_482_504_123);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(parse(&text(&id)), id);
    }

    #[test]
    fn a_clock_before_the_epoch_makes_a_valid_id() {
        assert_eq!(made_at(&new(-5, &[1; RANDOM_BYTES])), 0);
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
