//! JSON text straight from the wire types: a serializer for what the protocol uses, and nothing more.
//!
//! The types in `waymark-protocol` say what is written; this only says how. Objects of the site come as JSON text already
//! ([`Raw`]) and are passed on as they are. A general serializer would bring the formatting machinery with it.

use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};

use super::number;
use super::text::push;

/// The JSON of a value of the protocol.
pub fn text<T: Serialize>(value: &T) -> String {
    let mut writer = Writer::default();
    match value.serialize(&mut writer) {
        Ok(()) => writer.out,
    }
}

/// JSON text as a value; an empty one is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a str);

/// The name by which [`Writer`] knows a [`Raw`].
const RAW: &str = "Raw";

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW, self.0)
    }
}

/// Appends `text` as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    push(out, "\"");
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if must_escape(byte) {
            push(out, text.get(from..at).unwrap_or_default());
            // The one form that fits all of them.
            push(out, "\\u00");
            hex(out, byte);
            from = at + 1;
        }
    }
    push(out, text.get(from..).unwrap_or_default());
    push(out, "\"");
}

fn must_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Appends the two hexadecimal digits of `byte`.
#[inline(never)]
pub fn hex(out: &mut String, byte: u8) {
    for digit in &[byte >> 4, byte & 15] {
        let at = usize::from(*digit);
        push(out, "0123456789abcdef".get(at..=at).unwrap_or_default());
    }
}

#[derive(Debug, Default)]
struct Writer {
    out: String,
    /// Whether the next text is JSON.
    raw: bool,
    /// Whether the latest value was none at all, so that its field is left out.
    absent: bool,
}

impl Writer {
    /// A text without characters says as little as none, and its field is left out.
    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.absent = text.is_empty();
        if std::mem::take(&mut self.raw) {
            push(&mut self.out, text);
        } else {
            quote(&mut self.out, text);
        }
    }

    /// Begins a field; returns where.
    #[inline(never)]
    fn key(&mut self, key: &str) -> usize {
        let start = self.out.len();
        if !self.out.ends_with("{") {
            push(&mut self.out, ",");
        }
        quote(&mut self.out, key);
        push(&mut self.out, ":");
        start
    }

    /// Ends the field that begins at `start`.
    #[inline(never)]
    fn end_field(&mut self, start: usize) {
        if std::mem::take(&mut self.absent) {
            self.out.truncate(start);
        }
    }

    /// Ends an object; one without fields is as good as absent.
    #[inline(never)]
    fn end_object(&mut self) {
        self.absent = self.out.ends_with("{");
        push(&mut self.out, "}");
    }

    #[inline(never)]
    fn number(&mut self, number: u64) {
        number::push(&mut self.out, number);
    }
}

/// Nothing of the protocol refuses to be written.
#[derive(Debug)]
enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl serde::ser::Error for Never {
    fn custom<T: std::fmt::Display>(_: T) -> Never {
        std::process::abort()
    }
}

/// What the protocol does not use is written as `null`, so that the text stays JSON.
macro_rules! unused {
    ($($method:ident($($type:ty),*)),+ $(,)?) => {
        $(fn $method(self $(, _: $type)*) -> Result<(), Never> {
            push(&mut self.out, "null");
            Ok(())
        })+
    };
}

macro_rules! whole {
    ($($method:ident($type:ty)),+ $(,)?) => {
        $(fn $method(self, number: $type) -> Result<(), Never> {
            // A negative number is a time before 1970, which is as good as none.
            self.number((number as i64).max(0) as u64);
            Ok(())
        })+
    };
}

impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Impossible<(), Never>;
    type SerializeTuple = Impossible<(), Never>;
    type SerializeTupleStruct = Impossible<(), Never>;
    type SerializeTupleVariant = Impossible<(), Never>;
    type SerializeMap = Impossible<(), Never>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Never>;

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        // A flag that is not set is left out on this wire, like everything absent.
        self.absent = !value;
        push(&mut self.out, if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.absent = true;
        Ok(())
    }

    whole! {
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
    }

    unused! {
        serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_bytes(&[u8]),
        serialize_unit(), serialize_unit_struct(&'static str),
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        self.text(value);
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Never> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        self.raw = name == RAW;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let mut object = self.serialize_struct(variant, 1)?;
        object.serialize_field(variant, value)?;
        SerializeStruct::end(object)
    }

    // The only list of the wire is that of a batch's items, which `core/batch` puts together.
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Never> {
        std::process::abort()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Never> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Never> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Never> {
        self.serialize_seq(None)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Never> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        push(&mut self.out, "{");
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Never> {
        self.serialize_seq(None)
    }
}

impl SerializeStruct for &mut Writer {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let start = self.key(key);
        value.serialize(&mut **self)?;
        self.end_field(start);
        Ok(())
    }

    fn end(self) -> Result<(), Never> {
        self.end_object();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;
    use waymark_protocol::{ClickIds, Context, GaIds, Milestone, Touch};

    const FULL: &str = include_str!("../../../protocol/fixtures/v1/batch.full.json");

    #[test]
    fn a_full_context_is_written_as_the_protocol_says() {
        let fixture: Value = serde_json::from_str(FULL).expect("the fixture is JSON");
        let wanted = &fixture["context"];
        let read: Context = serde_json::from_value(wanted.clone()).expect("a context");
        let touch = |touch: Option<Touch>| touch.map(|t| serde_json::to_string(&t).expect("JSON"));
        let (first, latest) = (touch(read.first_touch), touch(read.touch));
        let ga = read.ga.unwrap_or_default();
        let device = wanted["device"].to_string();
        let context = Context {
            visitor_id: read.visitor_id,
            tab_id: read.tab_id,
            session: read.session,
            user_id: read.user_id.as_deref(),
            touch: latest.as_deref().map(Raw),
            first_touch: first.as_deref().map(Raw),
            ga: Some(GaIds {
                client_id: ga.client_id.as_deref(),
                session_id: ga.session_id.as_deref(),
            }),
            device: Some(Raw(&device)),
            consent: read.consent,
        };
        let written: Value = serde_json::from_str(&text(&context)).expect("JSON");
        assert_eq!(&written, wanted);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let touch = Touch::<&str, ClickIds> {
            source: Some(""),
            ..Touch::default()
        };
        assert_eq!(text(&touch), "{\"at\":0}");
        let milestone = Milestone {
            name: "signup_at",
            props: Some(Raw("")),
        };
        assert_eq!(text(&milestone), "{\"name\":\"signup_at\"}");
    }

    #[test]
    fn json_of_the_site_is_passed_on() {
        let raw = Raw("{\"a\":[1,\"\\\"\"]}");
        assert_eq!(text(&raw), raw.0);
    }

    proptest! {
        #[test]
        fn any_text_survives(given in "(\\PC|[\\x00-\\x20\"\\\\]){0,30}") {
            let mut out = String::new();
            quote(&mut out, &given);
            prop_assert_eq!(serde_json::from_str::<String>(&out).ok(), Some(given));
        }
    }
}
