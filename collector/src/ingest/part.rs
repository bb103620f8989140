//! Items that did not come in a batch of the SDK's: each with a context and a request of its own.
//!
//! A browser's batch has one visitor and one session, a server's has many. Such items are read one by one as if each had
//! come alone, and are taken in, refused and committed together.

use serde_json::value::RawValue;
use waymark_protocol::Sdk;

use super::{Envelope, Received};
use crate::store::sites::Site;

/// One item.
#[derive(Debug)]
pub struct Part {
    /// What would hold for every item of a batch, as JSON of the wire.
    pub(super) context: Box<RawValue>,
    /// The item, as JSON of the wire.
    pub(super) item: Box<RawValue>,
    /// The sender's clock when it sent, in milliseconds.
    pub(super) sent_at: i64,
    /// What made it.
    pub(super) sdk: Option<Sdk>,
    /// What is known of whoever did what it tells.
    pub(crate) received: Received,
}

impl Part {
    /// The batch that it would have come in.
    pub(crate) fn envelope(&self, site: &Site) -> Envelope<'_> {
        Envelope {
            key: site.key.clone(),
            sent_at: self.sent_at,
            sdk: self.sdk.clone(),
            context: &self.context,
            items: vec![&self.item],
        }
    }
}
