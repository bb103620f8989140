//! Of whom something is asked: by one of their ids, or by an address of which nobody may know whose it is.

use std::fmt;
use std::str::FromStr;

use crate::journey::{Identity, email_hash};

/// Somebody: `user:…`, `visitor:…`, or `email:` and an address or its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// By an id.
    Id(Identity),
    /// By an address: SHA-256 of it, in 64 hexadecimal digits. It is the person's who told it last, if there is one.
    Email(String),
}

impl Subject {
    /// What is hashed for a receipt.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Id(id) => id.key(),
            Self::Email(hash) => crate::store::erased::email_key(hash),
        }
    }
}

/// Somebody cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has to be user:<id>, visitor:<id>, or email:<address or its SHA-256>")]
pub struct SubjectError;

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let Some(told) = text.strip_prefix("email:") else {
            return text.parse().map(Self::Id).map_err(|_| SubjectError);
        };
        let is_hash = told.len() == 64 && told.bytes().all(|b| b.is_ascii_hexdigit());
        let hash = if is_hash {
            Some(told.to_lowercase())
        } else {
            email_hash(told)
        };
        hash.map(Self::Email).ok_or(SubjectError)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Email(hash) => write!(f, "email:{hash}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_hash_are_one() {
        let hash = email_hash("ann@shop.example").unwrap();
        let by_address: Subject = "email:Ann@shop.example".parse().unwrap();
        assert_eq!(by_address, format!("email:{hash}").parse().unwrap());
        assert_eq!(
            "user:1".parse(),
            Ok(Subject::Id(Identity::User("1".to_owned())))
        );
        for wrong in ["email:ann", "ann@shop.example", "email:"] {
            assert_eq!(wrong.parse::<Subject>(), Err(SubjectError), "{wrong}");
        }
    }
}
