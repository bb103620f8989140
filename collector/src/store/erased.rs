//! Ids that were erased, so that what arrives of them later is told and dropped.
//!
//! An id is known by a keyed hash alone. The hashes are known in memory, learnt with the definitions of stages and by the same
//! generation ([`super::stages`]), so that no transaction stores items of somebody who was erased before it began.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Store, StoreError, on};
use crate::journey::{Fact, Identity, Interaction};

/// A site's key, by which receipts are signed and erased ids hashed. It stands in the table `privacy_keys`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SiteKey(Vec<u8>);

impl fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteKey")
    }
}

impl SiteKey {
    /// HMAC-SHA-256 of a text, in 64 hexadecimal digits.
    pub(super) fn sign(&self, text: &str) -> Result<String, StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        mac.update(text.as_bytes());
        let mut digits = String::with_capacity(64);
        for byte in mac.finalize().into_bytes() {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(digits)
    }
}

/// The erased ids of one site.
#[derive(Debug, Clone)]
pub(super) struct Erased {
    key: SiteKey,
    hashes: HashSet<String>,
}

impl Erased {
    pub(super) fn new(key: SiteKey) -> Self {
        Self {
            key,
            hashes: HashSet::new(),
        }
    }

    /// Learns a hash, or with a minus before it that it is none any more.
    pub(super) fn add(&mut self, hash: String) {
        match hash.strip_prefix('-') {
            Some(taken_back) => {
                self.hashes.remove(taken_back);
            }
            None => {
                self.hashes.insert(hash);
            }
        }
    }

    fn has(&self, key: &str) -> bool {
        self.key
            .sign(key)
            .is_ok_and(|hash| self.hashes.contains(&hash))
    }

    /// Whether an item is of a browser or user that was erased, or tells such a user's id.
    pub(super) fn has_fact(&self, fact: &Fact) -> bool {
        let users = [fact.known_user(), fact.previous_id.as_deref()];
        self.has(&Identity::Visitor(fact.arrival.visitor_id).key())
            || users
                .into_iter()
                .flatten()
                .any(|id| self.has(&user_key(id)))
    }

    /// Whether an interaction was with a browser, user or address that was erased.
    pub(super) fn has_interaction(&self, one: &Interaction) -> bool {
        let visitor = one.visitor_id.map(|id| Identity::Visitor(id).key());
        let user = one.user_id.as_deref().map(user_key);
        let email = one.email_hash.as_deref().map(email_key);
        [visitor, user, email]
            .into_iter()
            .flatten()
            .any(|key| self.has(&key))
    }
}

pub(super) fn user_key(id: &str) -> String {
    format!("user:{id}")
}

pub(super) fn email_key(hash: &str) -> String {
    format!("email:{hash}")
}

impl Store {
    /// A site's key, if it has one.
    pub(super) async fn privacy_key(&self, site_id: i64) -> Result<Option<SiteKey>, StoreError> {
        let secret: Option<(Vec<u8>,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/privacy/key.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(secret.map(|(secret,)| SiteKey(secret)))
    }

    /// A site's key, made now if there was none.
    pub(super) async fn make_privacy_key(
        &self,
        site_id: i64,
        now: i64,
    ) -> Result<SiteKey, StoreError> {
        if let Some(key) = self.privacy_key(site_id).await? {
            return Ok(key);
        }
        let mut secret = vec![0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| StoreError::Internal(error.to_string()))?;
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/privacy/insert_key.sql"))
                .bind(site_id)
                .bind(secret.as_slice())
                .bind(now)
                .execute(pool)
                .await
                .map(drop)
        })?;
        // Another collector may have made one at the same moment: the one that is there counts.
        let made = self.privacy_key(site_id).await?;
        made.ok_or_else(|| StoreError::Internal("privacy_keys: no key".to_owned()))
    }
}
