//! One interaction: its fields, with their limits. A fault drops this one and no other.

use std::borrow::Cow;

use serde_json::value::RawValue;
use uuid::Uuid;
use waymark_protocol::{Reason, limits};

use super::super::clock::Clock;
use super::super::fields::Fields;
use super::super::ids;
use super::super::item::{Bad, kept};
use super::super::segment::moment;
use super::super::text::{self as limit, Unfit};
use super::super::{mask, text};
use crate::journey::{Interaction, email_hash, known_hash};
use crate::outcome::Fault;

/// Characters of the sender's id.
const KEY_CHARS: usize = 256;
/// Labels of one interaction.
const LABELS: usize = 20;
/// Seconds that an interaction may last: 31 days.
const LONGEST_S: i64 = 31 * 24 * 60 * 60;

/// Where an item stands, and the clock that it goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) site_id: i64,
    pub(super) index: usize,
    pub(super) clock: Clock,
    pub(super) received_at: i64,
}

/// The sender's id of an item, as far as it can be read.
pub(super) fn key(raw: &RawValue) -> Option<String> {
    Fields::read("", raw)?.get("id")
}

/// The item with the hash of its e-mail address in the place of the address, as which a user id counts that is one.
pub(in crate::ingest) fn hashed(raw: &RawValue) -> Cow<'_, RawValue> {
    let hashed = || {
        let fields = Fields::read("", raw)?;
        let of = |name: &str| email_hash(&fields.get::<String>(name)?);
        let (hash, instead_of): (_, &[&str]) = match of("user_id") {
            Some(hash) => (hash, &["email_hash", "email", "user_id"]),
            None => (of("email")?, &["email_hash", "email"]),
        };
        let text = text::with_text(Some(raw.get().into()), "email_hash", &hash, instead_of)?;
        RawValue::from_string(text.into()).ok()
    };
    hashed().map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// Reads an item that has been [`hashed`]. `ignored` gets the names of optional fields that were left out.
pub(super) fn read(
    raw: &RawValue,
    place: Place,
    ignored: &mut Vec<String>,
) -> Result<Interaction, Bad> {
    let at = format!("interactions[{}]", place.index);
    let nameless = |fault| Bad { id: None, fault };
    let Some(fields) = Fields::read("", raw) else {
        return Err(nameless(Fault::invalid(at)));
    };
    let Some(key) = fields.get::<String>("id") else {
        return Err(nameless(Fault::invalid(format!("{at}.id"))));
    };
    let key = kept(key, KEY_CHARS, "id").map_err(nameless)?;
    let id = ids::interaction(place.site_id, &key);
    let bad = |fault| Bad {
        id: Some(id),
        fault,
    };
    if raw.get().len() > limits::ITEM_BYTES {
        return Err(bad(Fault::too_large(at, limits::ITEM_BYTES)));
    }
    of_fields(&fields, id, place, ignored).map_err(bad)
}

fn of_fields(
    fields: &Fields<'_>,
    id: Uuid,
    place: Place,
    ignored: &mut Vec<String>,
) -> Result<Interaction, Fault> {
    let channel = word(fields, "channel")?;
    let kind = word(fields, "kind")?;
    let at = fields.raw("at").ok_or_else(|| Fault::invalid("at"))?;
    let at = moment::time(at).ok_or_else(|| Fault::invalid("at"))?;
    let untrue = || Fault::of(Reason::InvalidTime, "at");
    if place.clock.is_ahead(at) {
        return Err(untrue());
    }
    let at = place.clock.item(at).ok_or_else(untrue)?;
    let (user_id, visitor_id, email_hash) = whom(fields, ignored)?;
    let direction = fields.optional::<String>("direction", ignored);
    let direction = direction.and_then(|text| {
        let direction = text.trim().to_lowercase().parse().ok();
        if direction.is_none() {
            ignored.push("direction".to_owned());
        }
        direction
    });
    let duration_s = fields.optional::<i64>("duration_s", ignored);
    let duration_s = duration_s.filter(|seconds| {
        let good = (0..=LONGEST_S).contains(seconds);
        if !good {
            ignored.push("duration_s".to_owned());
        }
        good
    });
    Ok(Interaction {
        site_id: place.site_id,
        id,
        at,
        received_at: place.received_at,
        channel,
        kind,
        direction,
        user_id,
        visitor_id,
        email_hash,
        source: line(fields, "source", ignored),
        campaign: line(fields, "campaign", ignored),
        subject: line(fields, "subject", ignored),
        labels: labels(fields, ignored),
        duration_s,
        props: props(fields, ignored),
    })
}

/// A required word in lower case.
fn word(fields: &Fields<'_>, name: &str) -> Result<String, Fault> {
    let text: String = fields.required(name)?;
    let text = mask::text_without_addresses(text.trim().to_lowercase());
    kept(text, limits::NAME_CHARS, name)
}

type Whom = (Option<String>, Option<Uuid>, Option<String>);

/// With whom it was. One of the ways has to be good; what is bad of the others costs no more than itself.
fn whom(fields: &Fields<'_>, ignored: &mut Vec<String>) -> Result<Whom, Fault> {
    let mut bad: Vec<String> = Vec::new();
    let user_id = told(fields, "user_id", &mut bad, |text| {
        limit::whole(text, limits::USER_ID_CHARS).ok()
    });
    let visitor_id = told(fields, "visitor_id", &mut bad, |text| {
        text.parse::<Uuid>().ok().filter(|id| !id.is_nil())
    });
    let email_hash = told(fields, "email_hash", &mut bad, |text| known_hash(&text));
    // One that is an address has been hashed.
    told(fields, "email", &mut bad, |_| None::<()>);
    if user_id.is_none() && visitor_id.is_none() && email_hash.is_none() {
        let field = bad.into_iter().next();
        return Err(Fault::invalid(
            field.unwrap_or_else(|| "user_id".to_owned()),
        ));
    }
    ignored.append(&mut bad);
    Ok((user_id, visitor_id, email_hash))
}

/// A text that has to be read; `bad` gets the name of one that cannot be.
fn told<T>(
    fields: &Fields<'_>,
    name: &str,
    bad: &mut Vec<String>,
    read: impl FnOnce(String) -> Option<T>,
) -> Option<T> {
    fields.raw(name)?;
    let value = fields.get::<String>(name).and_then(read);
    if value.is_none() {
        bad.push(name.to_owned());
    }
    value
}

/// A text that may be cut.
fn line(fields: &Fields<'_>, name: &str, ignored: &mut Vec<String>) -> Option<String> {
    let text = fields.optional::<String>(name, ignored)?;
    let text = mask::text_without_addresses(text);
    limit::cuttable(text, limits::TEXT_CHARS).unwrap_or_else(|_: Unfit| {
        ignored.push(name.to_owned());
        None
    })
}

fn labels(fields: &Fields<'_>, ignored: &mut Vec<String>) -> Vec<String> {
    let Some(all) = fields.optional::<Vec<&RawValue>>("labels", ignored) else {
        return Vec::new();
    };
    let told = all.len();
    let label = |raw: &RawValue| {
        let text: String = serde_json::from_str(raw.get()).ok()?;
        limit::whole(mask::text_without_addresses(text), limits::NAME_CHARS).ok()
    };
    let labels: Vec<String> = all.into_iter().filter_map(label).take(LABELS).collect();
    if labels.len() < told {
        ignored.push("labels".to_owned());
    }
    labels
}

fn props(fields: &Fields<'_>, ignored: &mut Vec<String>) -> Option<Box<str>> {
    let raw = fields.raw("props")?;
    let kept = limit::object(raw).ok().and_then(|props| {
        let masked = mask::without_addresses(&props);
        if masked.masked {
            let raw: Box<RawValue> = RawValue::from_string(masked.text).ok()?;
            return limit::object(&raw).ok();
        }
        Some(props)
    });
    if kept.is_none() {
        ignored.push("props".to_owned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_876_628_628;

    /// What was wrong with an item: the field, and how.
    type Wrong = (Option<String>, Reason);

    fn read_one(json: &str) -> (Result<Interaction, Wrong>, Vec<String>) {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let place = Place {
            site_id: 1,
            index: 0,
            clock: Clock::new(NOW, NOW),
            received_at: NOW,
        };
        let mut ignored = Vec::new();
        let read = read(&hashed(raw), place, &mut ignored);
        (
            read.map_err(|bad| (bad.fault.field, bad.fault.reason)),
            ignored,
        )
    }

    fn with(members: &str) -> String {
        format!(
            r#"{{"id":"a","channel":" Email","kind":"OPENED","at":{NOW},"user_id":"u1"{members}}}"#
        )
    }

    #[test]
    fn no_address_gets_through() {
        for members in [
            r#","email":" Ann@Shop.example""#,
            r#","email":"ann@shop.example","email_hash":7"#,
            r#","user_id":"ann@shop.example""#,
        ] {
            let (one, ignored) =
                read_one(&with(members).replacen(r#""user_id":"u1""#, r#""x":1"#, 1));
            let one = one.unwrap();
            assert_eq!(one.email_hash, email_hash("ann@shop.example"), "{members}");
            assert_eq!((one.user_id, ignored), (None, Vec::new()), "{members}");
        }
        let (one, _) = read_one(&with(
            r#","subject":"To ann@shop.example","labels":["ann@shop.example"],"source":"x",
               "props":{"to":["Ann <ann@shop.example>"],"n":1.50}"#,
        ));
        let one = one.unwrap();
        assert!(!format!("{one:?}").contains("ann@"), "{one:?}");
        assert_eq!(
            one.props.as_deref(),
            Some(r#"{"to":["Ann <[masked]>"],"n":1.50}"#)
        );
        assert_eq!(
            (one.channel.as_str(), one.kind.as_str()),
            ("email", "opened")
        );
    }

    #[test]
    fn a_bad_optional_field_costs_itself() {
        for (members, field) in [
            (r#","direction":"up""#, "direction"),
            (r#","direction":7"#, "direction"),
            (r#","duration_s":-1"#, "duration_s"),
            (r#","duration_s":"5""#, "duration_s"),
            (r#","labels":"x""#, "labels"),
            (r#","labels":["x", 7]"#, "labels"),
            (r#","props":[]"#, "props"),
            (r#","subject":{}"#, "subject"),
            (r#","campaign":"a\u0000""#, "campaign"),
            (r#","visitor_id":"x""#, "visitor_id"),
            (r#","email_hash":"x""#, "email_hash"),
            (r#","email":"x""#, "email"),
        ] {
            let (one, ignored) = read_one(&with(members));
            assert!(one.is_ok(), "{members}");
            assert_eq!(ignored, [field], "{members}");
        }
    }

    #[test]
    fn a_bad_required_field_costs_the_item() {
        let whole = with("");
        for (good, bad, field, reason) in [
            (
                r#""id":"a""#,
                r#""id":7"#,
                "interactions[0].id",
                Reason::InvalidField,
            ),
            (r#""id":"a""#, r#""id":"""#, "id", Reason::InvalidField),
            (r#"" Email""#, r#""  ""#, "channel", Reason::InvalidField),
            (r#""OPENED""#, "null", "kind", Reason::InvalidField),
            (
                r#""user_id":"u1""#,
                r#""user_id":"""#,
                "user_id",
                Reason::InvalidField,
            ),
            (
                r#""user_id":"u1""#,
                r#""visitor_id":"u1""#,
                "visitor_id",
                Reason::InvalidField,
            ),
            (
                r#""user_id":"u1""#,
                r#""email":"u1""#,
                "email",
                Reason::InvalidField,
            ),
            (
                r#""user_id":"u1""#,
                r#""x":1"#,
                "user_id",
                Reason::InvalidField,
            ),
            ("1795876628628", r#""soon""#, "at", Reason::InvalidField),
            ("1795876628628", "1", "at", Reason::InvalidTime),
            (
                "1795876628628",
                r#""2026-12-24T18:00:00Z""#,
                "at",
                Reason::InvalidTime,
            ),
        ] {
            let json = whole.replace(good, bad);
            assert_ne!(json, whole);
            let (one, _) = read_one(&json);
            assert_eq!(one, Err((Some(field.to_owned()), reason)), "{json}");
        }
        let long = whole.replace("OPENED", &"x".repeat(101));
        assert_eq!(
            read_one(&long).0,
            Err((Some("kind".to_owned()), Reason::TooLarge))
        );
    }
}
