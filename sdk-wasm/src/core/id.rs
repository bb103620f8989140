//! Ids: UUID version 7, so that an id carries the moment at which it was made (RFC 9562, section 5.7).

use uuid::{Builder, Uuid, Variant};

/// Random bytes that a new id needs.
pub const RANDOM_BYTES: usize = 10;

/// Length of an id as text.
pub const TEXT_LEN: usize = 36;

/// Makes an id from a time in milliseconds since the Unix epoch (a negative one counts as 0) and random bytes.
pub fn new(at: i64, random: &[u8; RANDOM_BYTES]) -> Uuid {
    Builder::from_unix_timestamp_millis(u64::try_from(at).unwrap_or(0), random).into_uuid()
}

/// Reads an id of version 7 in its hyphenated form; anything else is `None`.
pub fn parse(text: &str) -> Option<Uuid> {
    if text.len() != TEXT_LEN {
        return None;
    }
    let id = Uuid::try_parse(text).ok()?;
    (id.get_version_num() == 7 && id.get_variant() == Variant::RFC4122).then_some(id)
}

/// The moment at which a version 7 id was made, in milliseconds since the Unix epoch.
pub fn made_at(id: &Uuid) -> i64 {
    i64::try_from(id.as_u128() >> 80).unwrap_or(0)
}

/// The hyphenated lower-case form.
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
        assert_eq!(parse(&text(&id)), Some(id));
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
            assert_eq!(parse(refused), None, "{refused}");
        }
        assert!(parse("01975560-7a00-7000-8000-000000000001").is_some());
    }
}
