//! Ids for senders and files that have none of the collector's kind.
//!
//! Each is a function of what was written, so a message that is sent again, or read by another collector, and a row that is
//! imported twice, has the same ones. A UUID stands as it is; any other text becomes a UUID of version 8, the leading bits of a SHA-256 over
//! what the id is for, the site, and the text. Nobody can read the text in it, and no two uses of one text meet.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// What an id is for.
#[derive(Debug, Clone, Copy)]
enum Use {
    Message,
    Content,
    Anonymous,
    User,
    Session,
    Interaction,
    GaClient,
    Imported,
}

impl Use {
    fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Content => "content",
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Session => "session",
            Self::Interaction => "interaction",
            Self::GaClient => "ga_client",
            Self::Imported => "imported",
        }
    }
}

/// The item of a message with this `messageId`.
pub(super) fn message(site_id: i64, text: &str) -> Uuid {
    known(text).unwrap_or_else(|| made(Use::Message, site_id, &[text.as_bytes()]))
}

/// The item of a message without a `messageId` of which these are the members.
pub(super) fn content<'m>(site_id: i64, members: impl Iterator<Item = (&'m str, &'m str)>) -> Uuid {
    let parts: Vec<&[u8]> = members
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])
        .collect();
    made(Use::Content, site_id, &parts)
}

/// The visitor: the browser that `anonymousId` names, or else what the person does outside of any.
pub(super) fn visitor(site_id: i64, anonymous: Option<&str>, user: Option<&str>) -> Option<Uuid> {
    match (anonymous, user) {
        (Some(text), _) => {
            Some(known(text).unwrap_or_else(|| made(Use::Anonymous, site_id, &[text.as_bytes()])))
        }
        (None, Some(text)) => Some(made(Use::User, site_id, &[text.as_bytes()])),
        (None, None) => None,
    }
}

/// The session that the sender names.
pub(super) fn session(site_id: i64, visitor: Uuid, text: &str) -> Uuid {
    known(text).unwrap_or_else(|| {
        made(
            Use::Session,
            site_id,
            &[visitor.as_bytes(), b"id", text.as_bytes()],
        )
    })
}

/// The session of a visitor's day.
pub(super) fn day(site_id: i64, visitor: Uuid, day: &str) -> Uuid {
    made(
        Use::Session,
        site_id,
        &[visitor.as_bytes(), b"day", day.as_bytes()],
    )
}

/// The interaction that a server calls so.
pub(super) fn interaction(site_id: i64, text: &str) -> Uuid {
    known(text).unwrap_or_else(|| made(Use::Interaction, site_id, &[text.as_bytes()]))
}

/// The visitor of whom nothing but the client id of Google Analytics is known.
pub(super) fn ga_client(site_id: i64, text: &str) -> Uuid {
    made(Use::GaClient, site_id, &[text.as_bytes()])
}

/// The session of a visitor that began at this time, where nobody named it.
pub(super) fn session_at(site_id: i64, visitor: Uuid, started_at: i64) -> Uuid {
    let parts: [&[u8]; 3] = [visitor.as_bytes(), b"at", &started_at.to_be_bytes()];
    made(Use::Session, site_id, &parts)
}

/// What stands for no session of a visitor: what the visitor reached is known, and not in which session.
pub(super) fn no_session(site_id: i64, visitor: Uuid) -> Uuid {
    made(Use::Session, site_id, &[visitor.as_bytes(), b"none"])
}

/// An item that an import makes of a row, told apart by `parts`.
pub(super) fn imported(site_id: i64, parts: &[&[u8]]) -> Uuid {
    made(Use::Imported, site_id, parts)
}

/// An item of which a row gives an id of its own.
pub(super) fn imported_known(site_id: i64, text: &str) -> Uuid {
    known(text).unwrap_or_else(|| imported(site_id, &[b"id", text.as_bytes()]))
}

/// A text that is an id already.
fn known(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| !id.is_nil())
}

fn made(purpose: Use, site_id: i64, parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(purpose.as_str());
    hash.update([0]);
    hash.update(site_id.to_be_bytes());
    for part in parts {
        // With its length before it, no part runs into the next.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "979efbf7-a5e2-49b0-8de6-d9285606a626";

    #[test]
    fn a_uuid_stands_and_a_text_becomes_one() {
        let id: Uuid = KNOWN.parse().unwrap();
        assert_eq!(message(1, KNOWN), id);
        assert_eq!(visitor(1, Some(KNOWN), Some("u1")), Some(id));
        assert_eq!(session(1, id, KNOWN), id);
        let made = message(1, "node-next-1795876628628-9be7fe5b");
        assert_eq!(made, message(1, "node-next-1795876628628-9be7fe5b"));
        assert_eq!(made.get_version_num(), 8);
        assert_eq!(made.get_variant(), uuid::Variant::RFC4122);
    }

    /// Rows that are stored were told apart by these: another way of making them would store everything twice.
    #[test]
    fn they_are_the_same_for_ever() {
        let of = |id: Uuid| id.to_string();
        assert_eq!(of(message(1, "a")), "c8fbf78c-3f6a-815e-a0fd-5a380b8ac426");
        let visitor = visitor(1, None, Some("u1")).unwrap();
        assert_eq!(of(visitor), "d68fe400-7e42-80e7-b523-f621fb4f9aa0");
        let day = day(1, visitor, "2026-11-28");
        assert_eq!(of(day), "6fc3ab35-1043-8ece-99e5-3ff6db0b67b6");
    }

    #[test]
    fn no_two_uses_of_a_text_meet() {
        let one = Uuid::from_u128(1);
        let ids = [
            message(1, "a"),
            message(2, "a"),
            content(1, [("a", "")].into_iter()),
            content(1, [("", "a")].into_iter()),
            visitor(1, Some("a"), None).unwrap(),
            visitor(2, Some("a"), None).unwrap(),
            visitor(1, None, Some("a")).unwrap(),
            // A user may have a UUID for an id, and is no browser for that.
            visitor(1, None, Some(KNOWN)).unwrap(),
            session(1, one, "a"),
            session(1, Uuid::from_u128(2), "a"),
            day(1, one, "a"),
            interaction(1, "a"),
            interaction(2, "a"),
            session_at(1, one, 0),
            no_session(1, one),
            ga_client(1, "a"),
            imported(1, &[b"a"]),
            imported(1, &[b"a", b""]),
            imported_known(1, "a"),
            KNOWN.parse().unwrap(),
        ];
        let apart: std::collections::HashSet<Uuid> = ids.into_iter().collect();
        assert_eq!(apart.len(), ids.len());
        assert_eq!(visitor(1, None, None), None);
        let nil = Uuid::nil().to_string();
        assert_ne!(visitor(1, Some(&nil), None), Some(Uuid::nil()));
    }
}
