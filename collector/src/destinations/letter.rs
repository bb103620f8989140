//! What is sent to a destination about an item, or why nothing is.

use url::Url;
use uuid::Uuid;

use super::ga4;
use super::signature::{self, Secret};
use super::transport::Letter;
use super::wants::Kind;
use super::webhook;
use crate::store::deliveries::Claimed;
use crate::store::destinations::Destination;
use crate::store::outgoing::Outgoing;
use crate::store::{Store, StoreError};

/// What a delivery comes to before anything is sent.
pub(super) enum Written {
    /// This is sent.
    Letter(Letter),
    /// Nothing is, for this reason.
    Skip(&'static str),
    /// Nothing is for now: what is missing may arrive.
    Wait(&'static str),
}

/// Why nothing is sent: the item is not there any more.
const GONE: &str = "item_gone";
/// The milestone had been reached before.
const NOT_FIRST: &str = "reached_before";
/// The visitor is a bot.
const BOT: &str = "bot";
/// The visitor refused, or took back, their consent.
const DENIED: &str = "consent_denied";
/// The destination wants consent, and the visitor has not given it.
const NOT_GRANTED: &str = "consent_not_granted";
/// Nothing is known of the visitor by Google's cookies.
const NO_CLIENT: &str = "no_client_id";
/// Google takes nothing that old.
const TOO_OLD: &str = "too_old";

/// Writes what a destination is told by a delivery.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn write(
    store: &Store,
    own: &Destination,
    secrets: &[Secret],
    claimed: &Claimed,
    now: i64,
) -> Result<Written, StoreError> {
    let site_id = own.site_id;
    let outgoing = store.outgoing(site_id, claimed.visitor_id, claimed.item_id);
    let Some(outgoing) = outgoing.await? else {
        return Ok(Written::Skip(GONE));
    };
    if outgoing.is_bot() {
        return Ok(Written::Skip(BOT));
    }
    if let Some(milestone) = claimed.milestone.as_deref() {
        let definition = store.stages(site_id);
        let mut rules = definition.milestones().iter();
        let rule = rules.find(|rule| rule.name == milestone);
        let event = rule.and_then(|rule| rule.event.as_deref());
        let reached = store.reached_earlier(site_id, &outgoing, milestone, event);
        if reached.await? {
            return Ok(Written::Skip(NOT_FIRST));
        }
    }
    if let Some(reason) = refused(store, own, &outgoing, outgoing.visitor_id).await? {
        return Ok(Written::Skip(reason));
    }
    match own.kind {
        Kind::Webhook => {
            let body = webhook::body(site_id, &outgoing, claimed.milestone.as_deref());
            let body = body.map_err(|error| StoreError::Internal(error.to_string()))?;
            Ok(signed(own, secrets, claimed.id, now, body)
                .map_or(Written::Skip(INVALID), Written::Letter))
        }
        Kind::Ga4 => ga4(store, own, secrets, claimed, &outgoing, now).await,
    }
}

/// The address cannot be read; checked when it was set.
const INVALID: &str = "invalid_url";

/// Why a browser's consent stands in the way, by the item and by what the browser told last.
async fn refused(
    store: &Store,
    own: &Destination,
    outgoing: &Outgoing,
    visitor_id: Uuid,
) -> Result<Option<&'static str>, StoreError> {
    let last = store.last_consent(own.site_id, visitor_id).await?;
    let states = [outgoing.consent.as_deref(), last.as_deref()];
    if own.kind == Kind::Ga4 && states.contains(&Some("denied")) {
        return Ok(Some(DENIED));
    }
    let granted = states.iter().flatten().all(|state| *state == "granted")
        && states.iter().any(Option::is_some);
    Ok((own.wants.needs_consent && !granted).then_some(NOT_GRANTED))
}

/// A webhook's letter. Nothing where the address cannot be read.
pub(crate) fn signed(
    own: &Destination,
    secrets: &[Secret],
    id: Uuid,
    now: i64,
    body: Vec<u8>,
) -> Option<Letter> {
    let (id, timestamp) = (id.to_string(), now / 1000);
    let signature = signature::sign(secrets, &id, timestamp, &body);
    Some(Letter {
        url: Url::parse(&own.url).ok()?,
        headers: vec![
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ],
        body,
    })
}

async fn ga4(
    store: &Store,
    own: &Destination,
    secrets: &[Secret],
    claimed: &Claimed,
    outgoing: &Outgoing,
    now: i64,
) -> Result<Written, StoreError> {
    if now.saturating_sub(outgoing.at) > ga4::OLDEST_MS {
        return Ok(Written::Skip(TOO_OLD));
    }
    let mut client = outgoing.client();
    if client.is_none()
        && let Some(user_id) = outgoing.user_id.as_deref()
        && let Some((browser, found)) = store.client_of_user(own.site_id, user_id).await?
    {
        if let Some(reason) = refused(store, own, outgoing, browser).await? {
            return Ok(Written::Skip(reason));
        }
        client = Some(found);
    }
    let Some(client) = client else {
        return Ok(Written::Wait(NO_CLIENT));
    };
    let name = claimed.milestone.as_deref().or(outgoing.name.as_deref());
    let name = name.unwrap_or_default();
    let name = own.wants.renamed.get(name).map_or(name, String::as_str);
    let body = ga4::body(outgoing, name, &client);
    let body = body.map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(to_google(own, secrets, ga4::COLLECT, body).map_or(Written::Skip(INVALID), Written::Letter))
}

/// A letter to Google. Nothing where the address cannot be read.
pub(super) fn to_google(
    own: &Destination,
    secrets: &[Secret],
    path: &str,
    body: Vec<u8>,
) -> Option<Letter> {
    let mut url = Url::parse(&own.url).ok()?;
    url.set_path(path);
    url.query_pairs_mut()
        .clear()
        .append_pair(
            "measurement_id",
            own.measurement_id.as_deref().unwrap_or_default(),
        )
        .append_pair(
            "api_secret",
            secrets.first().map_or("", |secret| secret.reveal()),
        );
    Some(Letter {
        url,
        headers: Vec::new(),
        body,
    })
}
