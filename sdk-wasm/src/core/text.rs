//! Taking texts apart at single bytes. The standard library's substring search brings a two-way searcher, and with it the
//! Unicode tables of its panic messages, which together weigh more than a module of this crate.

/// What stands before the first `separator`, or the whole.
pub fn before(text: &str, separator: u8) -> &str {
    Fields(text, separator).take()
}

/// What stands after the first occurrence of `pattern`; empty if there is none.
pub fn after<'a>(text: &'a str, pattern: &str) -> &'a str {
    let mut from = 0;
    while from + pattern.len() <= text.len() {
        // Within a character there is no rest, and nothing begins.
        let rest = text.get(from..).unwrap_or_default();
        if let Some(rest) = rest.strip_prefix(pattern) {
            return rest;
        }
        from += 1;
    }
    ""
}

/// What separates the fields of a text that crosses to or from the page.
pub const FIELD: &str = "\0";

/// The fields of a text that crosses.
pub fn fields(text: &str) -> Fields<'_> {
    Fields(text, 0)
}

/// The fields of a text: what is left of it, and what separates them.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(pub &'a str, pub u8);

impl<'a> Fields<'a> {
    /// The next field; empty behind the last one.
    #[inline(never)]
    pub fn take(&mut self) -> &'a str {
        let all = self.0;
        let mut end = 0;
        for byte in all.bytes() {
            if byte == self.1 {
                break;
            }
            end += 1;
        }
        self.0 = all.get(end + 1..).unwrap_or_default();
        all.get(..end).unwrap_or_default()
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// A text of its own; one function for the whole crate, which shares its growth with [`push`].
#[inline(never)]
pub fn own(text: &str) -> String {
    let mut out = String::new();
    push(&mut out, text);
    out
}

/// Appends; one function for the whole crate, where the standard library's would be inlined in each place.
#[inline(never)]
pub fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_as_the_standard_library(text in "[a-cü.]{0,12}") {
            prop_assert_eq!(Some(before(&text, b'.')), text.split('.').next());
            let mut fields = Fields(&text, b'.');
            for field in text.split('.') {
                prop_assert_eq!(fields.take(), field);
            }
            prop_assert!(fields.is_done());
            prop_assert_eq!(after(&text, "ab"), text.split_once("ab").map_or("", |(_, after)| after));
        }
    }

    #[test]
    fn fields_end_in_empty_ones() {
        let mut fields = Fields("a\0\0b", 0);
        assert_eq!((fields.take(), fields.take()), ("a", ""));
        assert!(!fields.is_done());
        assert_eq!((fields.take(), fields.take()), ("b", ""));
        assert!(fields.is_done());
    }
}
