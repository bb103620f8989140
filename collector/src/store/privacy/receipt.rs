//! What is left of an erasure: how many rows of which table, when, and signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::erasing::Mode;
use crate::store::erased::SiteKey;
use crate::store::{Store, StoreError};

/// What an erasure did, without a word of whom it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Its id, by which the audit log has it.
    pub receipt: Uuid,
    /// The site.
    pub site_id: i64,
    /// When, by the collector's clock.
    pub at: i64,
    /// HMAC-SHA-256 of the id that was asked for: who knows id and key can tell that it was this one.
    pub person: String,
    /// Whether rows were deleted; nothing where they stay without whose they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Rows by table.
    pub rows: BTreeMap<String, i64>,
    /// HMAC-SHA-256 of all of this, under the site's key.
    pub signature: String,
}

impl Receipt {
    pub(super) fn sign(
        key: &SiteKey,
        site_id: i64,
        at: i64,
        person: String,
        mode: Mode,
        rows: BTreeMap<String, i64>,
    ) -> Result<Self, StoreError> {
        let mut receipt = Self {
            receipt: Uuid::now_v7(),
            site_id,
            at,
            person,
            mode: (mode == Mode::Delete).then_some(mode),
            rows,
            signature: String::new(),
        };
        receipt.signature = receipt.signed_by(key)?;
        Ok(receipt)
    }

    fn signed_by(&self, key: &SiteKey) -> Result<String, StoreError> {
        let unsigned = Self {
            signature: String::new(),
            ..self.clone()
        };
        let text = serde_json::to_string(&unsigned)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        key.sign(&text)
    }
}

impl Store {
    /// Whether a receipt is one that this installation signed, unchanged since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn verify_receipt(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let Some(key) = self.privacy_key(receipt.site_id).await? else {
            return Ok(false);
        };
        Ok(receipt.signed_by(&key)? == receipt.signature)
    }
}
