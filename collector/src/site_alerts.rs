//! What may stand in an alert: checked when it is set up or changed, and each error names the field.

use uuid::Uuid;
use waymark_protocol::limits;

use crate::alerts::figure::Figure;
use crate::alerts::rules::Kind;
use crate::alerts::{Channel, Rule, mail};
use crate::analytics::filter::{Filter, Filters};
use crate::destinations::wants;
use crate::saved::{self, Unfit};
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// Alerts of one site.
pub(crate) const MOST: usize = 100;
/// Channels of one alert.
const MOST_CHANNELS: usize = 10;

/// Why an alert may not be as it is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AlertError {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfit(field: impl Into<String>, message: impl Into<String>) -> AlertError {
    AlertError::Unfit(Unfit {
        field: field.into(),
        message: message.into(),
    })
}

/// Checks a rule. Gives all conditions that it comes to, those of its segment among them.
///
/// # Errors
/// [`AlertError`].
pub(crate) async fn check_rule(
    store: &Store,
    site: &Site,
    rule: &Rule,
) -> Result<Vec<Filter>, AlertError> {
    if let Err((field, message)) = rule.condition.check() {
        return Err(unfit(format!("rule.condition.{field}"), message));
    }
    if rule.figure == Figure::Rejected {
        check_rejected(rule)?;
    }
    if rule.figure == Figure::Revenue && site.currency.is_none() {
        let message = "The site has no currency, without which there is no revenue.";
        return Err(unfit("rule.figure", message));
    }
    if let Some(event) = &rule.event {
        if !matches!(rule.figure, Figure::Events | Figure::Conversions) {
            let message = "Only the figures events and conversions are of one event.";
            return Err(unfit("rule.event", message));
        }
        let is_name = (1..=limits::NAME_CHARS).contains(&event.chars().count());
        if !is_name || event.contains(char::is_control) {
            let message = format!("A name has 1 to {} characters.", limits::NAME_CHARS);
            return Err(unfit("rule.event", message));
        }
    }
    if !rule.filters.is_empty() {
        saved::filters(&rule.filters).map_err(|wrong| Unfit {
            field: format!("rule.{}", wrong.field),
            ..wrong
        })?;
    }
    let mut all = rule.conditions();
    Filters::of(&all).map_err(|wrong| unfit("rule.filters", format!("It {wrong}.")))?;
    if let Some(segment) = &rule.segment {
        let text = store.segment(site.id, segment).await?;
        let text = text.ok_or_else(|| unfit("rule.segment", "The site has no such segment."))?;
        let more: Vec<Filter> =
            serde_json::from_str(&text).map_err(|error| StoreError::Internal(error.to_string()))?;
        all.extend(more);
        Filters::of(&all).map_err(|wrong| unfit("rule.segment", format!("It {wrong}.")))?;
    }
    Ok(all)
}

/// What was dropped is of no visitor, and kept for too short a time to say what is usual.
fn check_rejected(rule: &Rule) -> Result<(), AlertError> {
    if !rule.filters.is_empty() {
        return Err(unfit(
            "rule.filters",
            "What was dropped meets no conditions.",
        ));
    }
    if rule.segment.is_some() {
        return Err(unfit("rule.segment", "What was dropped is in no segment."));
    }
    if rule.condition.kind == Kind::Anomaly {
        let message = "What was dropped is kept for too short a time to say what is usual.";
        return Err(unfit("rule.condition.kind", message));
    }
    Ok(())
}

/// Checks who is told, and makes addresses plain.
///
/// # Errors
/// [`AlertError`].
pub(crate) async fn check_channels(
    store: &Store,
    site_id: i64,
    channels: Vec<Channel>,
    has_mail: bool,
) -> Result<Vec<Channel>, AlertError> {
    if channels.len() > MOST_CHANNELS {
        let message = format!("An alert has at most {MOST_CHANNELS} channels.");
        return Err(unfit("channels", message));
    }
    let mut all = Vec::new();
    for (place, channel) in channels.into_iter().enumerate() {
        let wrong =
            |field: &str, message: &str| unfit(format!("channels[{place}]{field}"), message);
        let channel = match channel {
            Channel::Webhook { destination } => {
                if !is_webhook(store, site_id, destination).await? {
                    let message = "The site has no destination of the kind webhook with this id.";
                    return Err(wrong(".destination", message));
                }
                Channel::Webhook { destination }
            }
            Channel::Email { .. } if !has_mail => {
                let message = "No mail is sent here: the collector has no smtp_url.";
                return Err(wrong(".kind", message));
            }
            Channel::Email { to } => match mail::address(&to) {
                Some(to) => Channel::Email { to },
                None => {
                    let message = "It has to be one address, such as ann@example.com.";
                    return Err(wrong(".to", message));
                }
            },
        };
        if all.contains(&channel) {
            return Err(wrong("", "It is told already."));
        }
        all.push(channel);
    }
    Ok(all)
}

async fn is_webhook(store: &Store, site_id: i64, id: Uuid) -> Result<bool, StoreError> {
    let own = store.destination(site_id, id).await?;
    Ok(own.is_some_and(|own| own.kind == wants::Kind::Webhook))
}
