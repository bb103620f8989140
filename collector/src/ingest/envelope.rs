//! The outside of a batch: version, key, time, and the raw text of the context and of each item.
//!
//! Reading it costs one pass over the body and copies nothing but the key, so that a request for a site that does not
//! exist is refused before any work is done for it.

use std::fmt;

use serde_json::value::RawValue;
use waymark_protocol::{Batch, Sdk, VERSION, limits};

use super::fields::Fields;

/// A batch of which nothing but the outside has been read.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The site's public write key.
    pub key: String,
    /// The sender's clock when it sent, in milliseconds.
    pub sent_at: i64,
    /// What made the batch, where it says so.
    pub sdk: Option<Sdk>,
    pub(super) context: &'a RawValue,
    pub(crate) items: Vec<&'a RawValue>,
}

/// Why a batch cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// What kind of fault.
    pub code: RefusalCode,
    /// A sentence for the developer of the sender. Quotes nothing of the batch.
    pub message: String,
    /// The field at fault, as a path such as `context.session.id`.
    pub field: Option<String>,
    /// The limit that was passed.
    pub limit: Option<usize>,
}

/// The kinds of faults of a whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The body is not JSON, or not an object.
    InvalidJson,
    /// A field of the envelope or context is missing or cannot be read.
    InvalidField,
    /// `v` is a version that this collector does not speak.
    UnsupportedVersion,
    /// More items than a batch may have.
    TooManyItems,
}

impl RefusalCode {
    /// The stable code on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidField => "invalid_field",
            Self::UnsupportedVersion => "unsupported_version",
            Self::TooManyItems => "too_many_items",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Refused {
    /// A field that is missing or not what it should be.
    pub(super) fn field(field: impl Into<String>, should: &str) -> Self {
        let field = field.into();
        Self {
            code: RefusalCode::InvalidField,
            message: format!("{field}: {should}"),
            field: Some(field),
            limit: None,
        }
    }
}

/// Reads the outside of a batch.
///
/// # Errors
/// [`Refused`], which names the field at fault.
pub fn read(body: &[u8]) -> Result<Envelope<'_>, Refused> {
    let batch = match serde_json::from_slice::<Batch<&RawValue, &RawValue>>(body) {
        Ok(batch) if batch.v == VERSION => Envelope {
            key: batch.key,
            sent_at: batch.sent_at,
            sdk: Some(batch.sdk),
            context: batch.context,
            items: batch.items,
        },
        _ => leniently(body)?,
    };
    check_count("items", batch.items.len())?;
    Ok(batch)
}

/// Refuses a batch that has more items, in the field of this name, than one may have.
pub(super) fn check_count(field: &str, items: usize) -> Result<(), Refused> {
    if items <= limits::BATCH_ITEMS {
        return Ok(());
    }
    Err(Refused {
        code: RefusalCode::TooManyItems,
        message: format!(
            "{field}: {items} are more than the {} that one batch may have",
            limits::BATCH_ITEMS
        ),
        field: Some(field.to_owned()),
        limit: Some(limits::BATCH_ITEMS),
    })
}

/// A body as JSON.
pub(super) fn json(body: &[u8]) -> Result<&RawValue, Refused> {
    serde_json::from_slice::<&RawValue>(body).map_err(|error| Refused {
        code: RefusalCode::InvalidJson,
        message: format!(
            "the body is not JSON: line {}, column {}",
            error.line(),
            error.column()
        ),
        field: None,
        limit: None,
    })
}

/// A body's fields.
pub(super) fn object(body: &RawValue) -> Result<Fields<'_>, Refused> {
    Fields::read("", body).ok_or_else(|| Refused {
        code: RefusalCode::InvalidJson,
        message: "the body is not a JSON object".to_owned(),
        field: None,
        limit: None,
    })
}

impl<'a> Envelope<'a> {
    /// The envelope of one item that came in a batch before.
    pub(super) fn again(
        key: &str,
        sent_at: i64,
        context: &'a str,
        item: &'a str,
    ) -> Result<Self, Refused> {
        let raw = |json| {
            serde_json::from_str(json).map_err(|_| Refused::field("item", "is not JSON any more"))
        };
        Ok(Self {
            key: key.to_owned(),
            sent_at,
            sdk: None,
            context: raw(context)?,
            items: vec![raw(item)?],
        })
    }
}

/// Reads field by field, to do without those that nothing depends on and to name the first of the others that is bad.
fn leniently(body: &[u8]) -> Result<Envelope<'_>, Refused> {
    let fields = object(json(body)?)?;
    let version = fields
        .get::<i64>("v")
        .ok_or_else(|| Refused::field("v", "has to be the protocol's version, a number"))?;
    if version != i64::from(VERSION) {
        return Err(Refused {
            code: RefusalCode::UnsupportedVersion,
            message: format!("v: this collector speaks version {VERSION}"),
            field: Some("v".to_owned()),
            limit: None,
        });
    }
    Ok(Envelope {
        key: fields
            .get("key")
            .ok_or_else(|| Refused::field("key", "has to be the site's write key, a text"))?,
        sent_at: fields.get("sent_at").ok_or_else(|| {
            Refused::field(
                "sent_at",
                "has to be a time in milliseconds, a whole number",
            )
        })?,
        sdk: fields.get("sdk"),
        context: fields
            .raw("context")
            .ok_or_else(|| Refused::field("context", "has to be an object"))?,
        items: fields
            .get("items")
            .ok_or_else(|| Refused::field("items", "has to be an array"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"v":1,"key":"wk_a","sent_at":5,"sdk":{"name":"x","version":"1"},"context":{},"items":[{}, 7]}"#;

    fn refusal(body: &str) -> (&'static str, Option<String>) {
        let refused = read(body.as_bytes()).unwrap_err();
        (refused.code.as_str(), refused.field)
    }

    #[test]
    fn reads_the_outside_and_leaves_the_inside_alone() {
        let envelope = read(GOOD.as_bytes()).unwrap();
        assert_eq!((envelope.key.as_str(), envelope.sent_at), ("wk_a", 5));
        assert_eq!(envelope.items.len(), 2);
        assert_eq!(envelope.context.get(), "{}");
    }

    #[test]
    fn does_without_the_senders_name() {
        for sdk in [
            r#""sdk":7,"#,
            r#""sdk":{"name":"x","version":"1","engine":"steam"},"#,
            "",
        ] {
            let body = GOOD.replace(r#""sdk":{"name":"x","version":"1"},"#, sdk);
            assert_eq!(read(body.as_bytes()).unwrap().items.len(), 2, "{body}");
        }
    }

    #[test]
    fn names_the_field_at_fault() {
        for (good, bad, field) in [
            (r#""v":1"#, r#""v":"1""#, "v"),
            (r#""key":"wk_a","#, "", "key"),
            (r#""key":"wk_a""#, r#""key":null"#, "key"),
            (r#""sent_at":5"#, r#""sent_at":"now""#, "sent_at"),
            (r#""context":{},"#, "", "context"),
            (r#""items":[{}, 7]"#, r#""items":{}"#, "items"),
        ] {
            let body = GOOD.replace(good, bad);
            assert_ne!(body, GOOD);
            assert_eq!(
                refusal(&body),
                ("invalid_field", Some(field.to_owned())),
                "{body}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_batch() {
        assert_eq!(refusal("").0, "invalid_json");
        assert_eq!(refusal("[]").0, "invalid_json");
        assert_eq!(refusal(&GOOD[..40]).0, "invalid_json");
        assert_eq!(
            read(b"{\"v\":1,\"key\":\"\xff\"}").unwrap_err().code,
            RefusalCode::InvalidJson
        );
        assert_eq!(
            refusal(&GOOD.replace("\"v\":1", "\"v\":2")).0,
            "unsupported_version"
        );
        let many = format!("[{}]", vec!["{}"; limits::BATCH_ITEMS + 1].join(","));
        assert_eq!(refusal(&GOOD.replace("[{}, 7]", &many)).0, "too_many_items");
    }
}
