//! Limits on texts and free objects.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use waymark_protocol::limits;

/// Why a text or object cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Empty, or with a zero character, which PostgreSQL cannot store.
    Invalid,
    /// Over its limit.
    TooLarge,
}

/// Cuts a text after `limit` characters.
pub(super) fn cut(mut text: String, limit: usize) -> String {
    // A character is at least a byte.
    if text.len() > limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        text.truncate(end);
    }
    text
}

/// A text that may be cut: empty is unknown, and one that cannot be stored is unfit.
pub(super) fn cuttable(text: String, limit: usize) -> Result<Option<String>, Unfit> {
    if text.contains('\0') {
        return Err(Unfit::Invalid);
    }
    Ok(Some(cut(text, limit)).filter(|text| !text.is_empty()))
}

/// A text that has to be kept whole.
pub(super) fn whole(text: String, limit: usize) -> Result<String, Unfit> {
    if text.is_empty() || text.contains('\0') {
        Err(Unfit::Invalid)
    } else if text.len() > limit && text.chars().nth(limit).is_some() {
        Err(Unfit::TooLarge)
    } else {
        Ok(text)
    }
}

/// The JSON text of a free object, if it is an object that both databases can keep: no deeper than the protocol's
/// limit, no zero characters, no number that a double cannot hold, and none that is much longer written out.
pub(super) fn object(raw: &RawValue) -> Result<Box<str>, Unfit> {
    object_with(raw, |_| {})
}

/// The same; `seen` gets the names of the object's own members.
pub(super) fn object_with(raw: &RawValue, mut seen: impl FnMut(&str)) -> Result<Box<str>, Unfit> {
    let text = raw.get();
    if !text.starts_with('{') {
        return Err(Unfit::Invalid);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut deep = false;
    let fit = Fit {
        depth: limits::PROPS_DEPTH,
        deep: &mut deep,
        seen: Some(&mut seen),
    }
    .deserialize(&mut deserializer);
    match fit {
        Ok(()) if exponents(text) > EXPONENTS => Err(Unfit::TooLarge),
        Ok(()) => Ok(text.into()),
        Err(_) if deep => Err(Unfit::TooLarge),
        Err(_) => Err(Unfit::Invalid),
    }
}

/// The JSON text of the traits that can be kept, in their order, and whether that is all of them. `None` where the value
/// is no object, or nothing of it can be kept.
pub(super) fn traits(raw: &RawValue) -> (Option<Box<str>>, bool) {
    let Ok(Members(members)) = serde_json::from_str(raw.get()) else {
        return (None, false);
    };
    if members.is_empty() {
        return (Some(raw.get().into()), true);
    }
    let mut text = String::from("{");
    let mut all = true;
    for (name, value) in members {
        let start = text.len();
        if start > 1 {
            text.push(',');
        }
        text.push_str(name.get());
        text.push(':');
        text.push_str(value.get());
        if name.get().len() + value.get().len() > limits::TRAIT_BYTES
            || text.len() > limits::TRAITS_BYTES
            || alone(name, value).is_err()
        {
            text.truncate(start);
            all = false;
        }
    }
    text.push('}');
    // Each of them can be kept, and all of them together nearly always.
    let kept = serde_json::from_str(&text)
        .ok()
        .and_then(|raw: &RawValue| object(raw).ok());
    let all = all && kept.is_some();
    (kept.filter(|text| &**text != "{}"), all)
}

/// Whether one member could be kept as an object of its own.
fn alone(name: &RawValue, value: &RawValue) -> Result<(), Unfit> {
    let text = format!("{{{}:{}}}", name.get(), value.get());
    let raw: &RawValue = serde_json::from_str(&text).map_err(|_| Unfit::Invalid)?;
    object(raw).map(|_| ())
}

/// An object with a text under `name` before all else, `instead_of` the members that have one of these names.
pub(super) fn with_text(
    object: Option<Box<str>>,
    name: &str,
    text: &str,
    instead_of: &[&str],
) -> Option<Box<str>> {
    let members = object
        .as_deref()
        .and_then(|object| serde_json::from_str(object).ok())
        .map_or(Vec::new(), |Members(members)| members);
    let quoted = serde_json::to_string(name).ok()?;
    let mut out = format!("{{{quoted}:{}", serde_json::to_string(text).ok()?);
    for (other, value) in members {
        let goes = serde_json::from_str::<String>(other.get())
            .is_ok_and(|other| instead_of.contains(&other.as_str()));
        if !goes {
            out.push_str(&format!(",{}:{}", other.get(), value.get()));
        }
    }
    out.push('}');
    Some(out.into())
}

/// The members of an object, names and values as they were written.
struct Members<'r>(Vec<(&'r RawValue, &'r RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Walk)
    }
}

/// Zeros that the numbers of one object may add when they are written out: PostgreSQL keeps `1e300` as a one with three
/// hundred zeros and gives it back so, and a few thousand of those fill a page of answers with gigabytes.
const EXPONENTS: u64 = 2_000;

/// The sum of all exponents of the numbers in a JSON text, without their signs.
fn exponents(json: &str) -> u64 {
    let bytes = json.as_bytes();
    let (mut sum, mut at, mut quoted) = (0_u64, 0, false);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => quoted = !quoted,
            // Skips what is escaped, which may be a quotation mark.
            b'\\' => at += 1,
            // Outside of texts it stands in `true` and `false` too, where no digit follows.
            b'e' | b'E' if !quoted => {
                let digits = bytes[at..]
                    .iter()
                    .skip_while(|byte| matches!(byte, b'+' | b'-'))
                    .take_while(|byte| byte.is_ascii_digit());
                let exponent = digits.fold(0_u64, |all, digit| {
                    all.saturating_mul(10)
                        .saturating_add(u64::from(digit - b'0'))
                });
                sum = sum.saturating_add(exponent);
            }
            _ => {}
        }
    }
    sum
}

/// Walks a JSON value without keeping any of it.
struct Fit<'d> {
    depth: usize,
    deep: &'d mut bool,
    /// Who wants to know the texts of this level.
    seen: Option<&'d mut dyn FnMut(&str)>,
}

impl Fit<'_> {
    fn inner<E: serde::de::Error>(&mut self) -> Result<Fit<'_>, E> {
        if self.depth == 0 {
            *self.deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(Fit {
            depth: self.depth - 1,
            deep: self.deep,
            seen: None,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Fit<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fit<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that can be stored")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            return Err(E::custom("a zero character"));
        }
        if let Some(seen) = self.seen {
            seen(text);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.inner()?)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        loop {
            let key = Fit {
                depth: 0,
                deep: &mut *self.deep,
                seen: match &mut self.seen {
                    Some(seen) => Some(&mut **seen),
                    None => None,
                },
            };
            if map.next_key_seed(key)?.is_none() {
                return Ok(());
            }
            map.next_value_seed(self.inner()?)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Box<str>, Unfit> {
        object(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("añb".to_owned(), 2), "añ");
        assert_eq!(cut("añb".to_owned(), 3), "añb");
        assert_eq!(
            cuttable("\u{1f600}\u{1f600}".to_owned(), 1)
                .unwrap()
                .unwrap(),
            "\u{1f600}"
        );
        assert_eq!(cuttable(String::new(), 1), Ok(None));
        assert_eq!(cuttable("a\0".to_owned(), 1), Err(Unfit::Invalid));
    }

    #[test]
    fn a_name_is_kept_whole_or_not_at_all() {
        assert_eq!(whole("äöü".to_owned(), 3), Ok("äöü".to_owned()));
        assert_eq!(whole("äöüß".to_owned(), 3), Err(Unfit::TooLarge));
        assert_eq!(whole(String::new(), 3), Err(Unfit::Invalid));
        assert_eq!(whole("a\0".to_owned(), 3), Err(Unfit::Invalid));
    }

    #[test]
    fn an_object_is_kept_as_it_was_written() {
        let text = r#"{"b": 1.50, "a": [null, true, {"x": "y"}], "big": 12345678901234567890}"#;
        assert_eq!(read(text).as_deref(), Ok(text));
    }

    #[test]
    fn what_a_database_cannot_keep_is_refused() {
        for text in [
            "[]",
            "7",
            "null",
            r#"{"a": "\u0000"}"#,
            r#"{"\u0000": 1}"#,
            r#"{"a": 1e999}"#,
            r#"{"a": "\ud800"}"#,
        ] {
            assert_eq!(read(text), Err(Unfit::Invalid), "{text}");
        }
        let nested =
            |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels) + "1", "}".repeat(levels));
        assert!(read(&nested(limits::PROPS_DEPTH)).is_ok());
        assert_eq!(read(&nested(limits::PROPS_DEPTH + 1)), Err(Unfit::TooLarge));
    }

    #[test]
    fn numbers_may_not_grow_when_they_are_written_out() {
        for good in [
            r#"{"a": 1e300, "b": -2.5E-300, "c": true, "d": false, "e9999": "1e9999 \\\" e9999"}"#,
            r#"{"\"": "e9999"}"#,
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        let many = format!(r#"{{"a": [{}]}}"#, ["1e300"; 10].join(","));
        for bad in [
            many.as_str(),
            r#"{"a": 1e-20000}"#,
            r#"{"a": 0E+99999999999999999999}"#,
        ] {
            assert_eq!(read(bad), Err(Unfit::TooLarge), "{bad}");
        }
    }

    #[test]
    fn who_asks_is_told_the_objects_own_names() {
        let mut names = Vec::new();
        let text = r#"{"valu\u0065": {"deep": "x"}, "list": ["y"], "text": "z"}"#;
        let raw = serde_json::from_str(text).unwrap();
        object_with(raw, |name| names.push(name.to_owned())).unwrap();
        assert_eq!(names, ["value", "list", "text"]);
    }
}
