//! Taking texts apart at single bytes. The standard library's substring search brings a two-way searcher, and with it the
//! Unicode tables of its panic messages, which together weigh more than a module of this crate.

/// What stands before and after the first `separator`, an ASCII character.
#[inline(never)]
pub fn split(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What stands before the first `separator`, or the whole.
pub fn before(text: &str, separator: u8) -> &str {
    split(text, separator).map_or(text, |(before, _)| before)
}

/// The parts between separators; one more than there are separators.
pub fn parts(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (part, more) = match split(text, separator) {
            Some((part, more)) => (part, Some(more)),
            None => (text, None),
        };
        rest = more;
        Some(part)
    })
}

/// What stands after the first occurrence of `pattern`.
pub fn after<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    let at = text
        .as_bytes()
        .windows(pattern.len())
        .position(|window| window == pattern.as_bytes())?;
    text.get(at + pattern.len()..)
}

/// What separates the fields of a text that crosses to or from the page.
pub const FIELD: &str = "\0";

/// The fields of a text.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(pub &'a str);

impl<'a> Fields<'a> {
    /// The next field; empty behind the last one.
    #[inline(never)]
    pub fn take(&mut self) -> &'a str {
        let (field, rest) = split(self.0, 0).unwrap_or((self.0, ""));
        self.0 = rest;
        field
    }

    /// The next field, unless it is empty.
    pub fn some(&mut self) -> Option<String> {
        owned(self.take())
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends; one function for the whole crate, where the standard library's would be inlined in each place.
#[inline(never)]
pub fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

/// A copy, unless the text is empty.
#[inline(never)]
pub fn owned(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_as_the_standard_library(text in "[a-cü.]{0,12}") {
            prop_assert_eq!(split(&text, b'.'), text.split_once('.'));
            prop_assert_eq!(Some(before(&text, b'.')), text.split('.').next());
            prop_assert!(parts(&text, b'.').eq(text.split('.')));
            prop_assert_eq!(after(&text, "ab"), text.split_once("ab").map(|(_, after)| after));
        }
    }

    #[test]
    fn fields_end_in_empty_ones() {
        let mut fields = Fields("a\0\0b");
        assert_eq!((fields.take(), fields.some()), ("a", None));
        assert!(!fields.is_done());
        assert_eq!((fields.take(), fields.take()), ("b", ""));
        assert!(fields.is_done());
    }
}
