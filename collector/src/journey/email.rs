//! E-mail addresses as they are compared: by what a hash says of them, so that none has to be kept.
//!
//! An address is its hash: SHA-256 of the trimmed address in lower case, in 64 hexadecimal digits in lower case. Items tell
//! whose an address is: by an `identify` with the trait `email` or `email_hash`, and by naming a user whose id is an
//! address. The user who told one last has it, and of two at the same time the greater id.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use waymark_protocol::ItemKind;

use super::Fact;

/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;
/// Bytes of an address at most (RFC 5321, section 4.5.3.1.3, less the brackets).
const ADDRESS_BYTES: usize = 254;

/// An e-mail address as it is compared, if it can be one.
pub(crate) fn address(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let plausible = email.len() <= ADDRESS_BYTES
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
    plausible.then_some(email)
}

/// The hash of an address; `None` for a text that is none.
pub fn email_hash(address: &str) -> Option<String> {
    let address = self::address(address)?;
    let mut hash = String::with_capacity(DIGITS);
    for byte in Sha256::digest(address.as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    Some(hash)
}

/// A hash that somebody else made, in lower case; `None` for a text that is none.
pub fn known_hash(text: &str) -> Option<String> {
    let text = text.trim();
    let is_hash = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

/// Calls `tell` with each address that an item tells, as its hash, and the user who has it.
pub fn told_emails<'f>(fact: &'f Fact, mut tell: impl FnMut(String, &'f str)) {
    if fact.kind == ItemKind::PagePing {
        return;
    }
    let Some(user) = fact.known_user() else {
        return;
    };
    for id in [Some(user), fact.previous_id.as_deref()]
        .into_iter()
        .flatten()
    {
        if id.contains('@')
            && let Some(hash) = email_hash(id)
        {
            tell(hash, id);
        }
    }
    if fact.kind == ItemKind::Identify
        && let Some(traits) = fact.props.as_deref()
        && traits.contains("email")
    {
        in_traits(traits, |hash| tell(hash, user));
    }
}

/// Calls `tell` with the hashes of the addresses in an object of traits.
fn in_traits(traits: &str, mut tell: impl FnMut(String)) {
    #[derive(Deserialize)]
    struct Told<'t> {
        #[serde(borrow, default)]
        email: Option<&'t RawValue>,
        #[serde(borrow, default)]
        email_hash: Option<&'t RawValue>,
    }
    let Ok(told) = serde_json::from_str::<Told<'_>>(traits) else {
        return;
    };
    let text = |raw: Option<&RawValue>| serde_json::from_str::<String>(raw?.get()).ok();
    let own = text(told.email).and_then(|address| email_hash(&address));
    let made = text(told.email_hash).and_then(|hash| known_hash(&hash));
    for hash in [own, made].into_iter().flatten() {
        tell(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "11fb7e2f95df45be9ca69cfc1f2e8ad3f1aeab9c5a3e5ba5c0a3e5a3d1c2b0f0";

    #[test]
    fn an_address_is_hashed_trimmed_and_in_lower_case() {
        let hash = email_hash("ann@shop.example").unwrap();
        assert_eq!(hash.len(), DIGITS);
        assert_eq!(email_hash(" Ann@Shop.Example\n").as_ref(), Some(&hash));
        assert_eq!(known_hash(&hash.to_uppercase()).as_ref(), Some(&hash));
        for text in ["", "ann", "@", "a@b@c", "a b@c", "ann@"] {
            assert_eq!(email_hash(text), None, "{text}");
        }
        for text in [
            "",
            "ann@shop.example",
            &ANN[1..],
            &format!("{}g", &ANN[1..]),
        ] {
            assert_eq!(known_hash(text), None, "{text}");
        }
    }

    #[test]
    fn traits_tell_addresses_and_hashes() {
        let hash = email_hash("ann@shop.example").unwrap();
        let told = |traits: &str| {
            let mut told = Vec::new();
            in_traits(traits, |hash| told.push(hash));
            told
        };
        let one = told(r#"{"email":"ANN@shop.example","name":"Ann"}"#);
        assert_eq!(one.first(), Some(&hash));
        assert_eq!(one.len(), 1);
        let both = format!(r#"{{"email_hash":"{ANN}","email":"ann@shop.example"}}"#);
        assert_eq!(told(&both), [hash, ANN.to_owned()]);
        for traits in [
            r#"{"email":7,"email_hash":null}"#,
            r#"{"email":"no"}"#,
            "[]",
        ] {
            assert!(told(traits).is_empty(), "{traits}");
        }
    }
}
