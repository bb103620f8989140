//! One item, in version 1 of the form. As with [`super::arrived`], nothing follows by itself.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::Unreadable;
use super::arrived::{Linked, Text, is_false, own, text};
use crate::catalogue::{Finding, Problem};
use crate::journey::{Arrival, Engagement, Fact, Transaction, TransactionKind};
use crate::money::Amount;

/// Money that came, or went back under a key of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paid<'m> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refund_key: Text<'m>,
    order_key: Cow<'m, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order_id: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    millionths: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Text<'m>,
}

/// What a catalogue holds against an item.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found<'m> {
    problem: Cow<'m, str>,
    field: Cow<'m, str>,
}

/// What a ping measured.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    visible_ms: i64,
    scroll_max: i64,
}

/// One item.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told<'m> {
    /// Which of the arrivals is its own.
    arrival: usize,
    id: Uuid,
    kind: ItemKind,
    at: i64,
    seq: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page_view_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referrer: Text<'m>,
    /// JSON as text, so that every character comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    props: Text<'m>,
    #[serde(default, skip_serializing_if = "is_false")]
    conversion: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Text<'m>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    transaction: Option<Paid<'m>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Text<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_id: Text<'m>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    ga: Option<Linked<'m>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engagement: Option<Measured>,
    /// Whether it does not say when its visitor was there, which is rare.
    #[serde(default, skip_serializing_if = "is_false")]
    undated: bool,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    finding: Option<Found<'m>>,
}

impl<'m> Paid<'m> {
    fn of(transaction: &'m Transaction) -> Self {
        let Transaction {
            kind,
            order_key,
            order_id,
            amount,
            currency,
        } = transaction;
        Self {
            refund_key: match kind {
                TransactionKind::Order => None,
                TransactionKind::Refund { key } => Some(Cow::Borrowed(key)),
            },
            order_key: Cow::Borrowed(order_key),
            order_id: text(order_id),
            millionths: amount.map(Amount::millionths),
            currency: currency.map(|currency| Cow::Borrowed(currency.code())),
        }
    }

    fn into_transaction(self) -> Result<Transaction, Unreadable> {
        let amount = self.millionths.map(|millionths| {
            Amount::of_millionths(millionths).ok_or(Unreadable::Value("millionths"))
        });
        let currency = self
            .currency
            .map(|code| code.parse().map_err(|_| Unreadable::Value("currency")));
        Ok(Transaction {
            kind: match self.refund_key {
                None => TransactionKind::Order,
                Some(key) => TransactionKind::Refund {
                    key: key.into_owned(),
                },
            },
            order_key: self.order_key.into_owned(),
            order_id: own(self.order_id),
            amount: amount.transpose()?,
            currency: currency.transpose()?,
        })
    }
}

impl<'m> Found<'m> {
    fn of(finding: &'m Finding) -> Self {
        let Finding { problem, field } = finding;
        Self {
            problem: Cow::Borrowed(problem.as_str()),
            field: Cow::Borrowed(field),
        }
    }

    fn into_finding(self) -> Result<Finding, Unreadable> {
        let problem = Problem::ALL
            .into_iter()
            .find(|problem| problem.as_str() == self.problem);
        Ok(Finding {
            problem: problem.ok_or(Unreadable::Value("finding"))?,
            field: self.field.into_owned(),
        })
    }
}

impl<'m> Told<'m> {
    pub(super) fn of(fact: &'m Fact, arrival: usize) -> Self {
        let Fact {
            arrival: _,
            id,
            kind,
            at,
            seq,
            page_view_id,
            name,
            url,
            title,
            referrer,
            props,
            conversion,
            value,
            currency,
            transaction,
            user_id,
            previous_id,
            ga,
            engagement,
            dated,
            finding,
        } = fact;
        Self {
            arrival,
            id: *id,
            kind: *kind,
            at: *at,
            seq: *seq,
            page_view_id: *page_view_id,
            name: text(name),
            url: text(url),
            title: text(title),
            referrer: text(referrer),
            props: props.as_deref().map(Cow::Borrowed),
            conversion: *conversion,
            value: text(value),
            currency: text(currency),
            transaction: transaction.as_deref().map(Paid::of),
            user_id: text(user_id),
            previous_id: previous_id.as_deref().map(Cow::Borrowed),
            ga: ga.as_ref().map(Linked::of),
            engagement: engagement.map(
                |Engagement {
                     visible_ms,
                     scroll_max,
                 }| Measured {
                    visible_ms,
                    scroll_max,
                },
            ),
            undated: !dated,
            finding: finding.as_deref().map(Found::of),
        }
    }

    pub(super) fn into_fact(self, arrivals: &[Arc<Arrival>]) -> Result<Fact, Unreadable> {
        let arrival = arrivals
            .get(self.arrival)
            .ok_or(Unreadable::Value("arrival"))?;
        let transaction = self.transaction.map(Paid::into_transaction).transpose()?;
        let finding = self.finding.map(Found::into_finding).transpose()?;
        Ok(Fact {
            arrival: Arc::clone(arrival),
            id: self.id,
            kind: self.kind,
            at: self.at,
            seq: self.seq,
            page_view_id: self.page_view_id,
            name: own(self.name),
            url: own(self.url),
            title: own(self.title),
            referrer: own(self.referrer),
            props: own(self.props).map(String::into_boxed_str),
            conversion: self.conversion,
            value: own(self.value),
            currency: own(self.currency),
            transaction: transaction.map(Box::new),
            user_id: own(self.user_id),
            previous_id: own(self.previous_id).map(String::into_boxed_str),
            ga: self.ga.map(Linked::into_ga),
            engagement: self.engagement.map(|measured| Engagement {
                visible_ms: measured.visible_ms,
                scroll_max: measured.scroll_max,
            }),
            dated: !self.undated,
            finding: finding.map(Box::new),
        })
    }
}
