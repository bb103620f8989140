//! Orders and refunds: what an event says of money, which of several reports of one counts, and what refunds take back.
//!
//! - an order is what has one order id; a report without one is an order of its own;
//! - of several reports of one order the earliest that tells its value counts, else the earliest, whoever sent it; so it
//!   is with several reports of one refund;
//! - refunds take from their order, the earliest first, and never more than is left; a refund that tells no amount takes
//!   all that is left;
//! - a refund takes nothing where its order is not known, has no known value, or is in another currency.

use uuid::Uuid;

use crate::money::{Amount, Currency};

/// Whether money came or went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionKind {
    /// Something was bought.
    Order,
    /// An order was refunded.
    Refund {
        /// What tells it from other refunds of the same order.
        key: String,
    },
}

/// What an event says of an order or a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Which of the two.
    pub kind: TransactionKind,
    /// What tells the order from others: by its id, or by that of the event where it has none.
    pub order_key: String,
    /// The site's own id of the order.
    pub order_id: Option<String>,
    /// How much; of a refund, null is all that is left.
    pub amount: Option<Amount>,
    /// In which currency.
    pub currency: Option<Currency>,
}

/// The key of what has an id of the site's own.
pub fn key_of_id(id: &str) -> String {
    format!("o{id}")
}

/// The key of what is known by the event alone that told it.
pub fn key_of_item(visitor_id: Uuid, id: Uuid) -> String {
    format!("i{}{}", visitor_id.simple(), id.simple())
}

/// Where a report stands among those of the same order or refund: the least one counts.
pub type Rank = (bool, i64, Uuid, Uuid);

/// See [`Rank`].
pub fn rank(amount: Option<Amount>, at: i64, item_id: Uuid, visitor_id: Uuid) -> Rank {
    (amount.is_none(), at, item_id, visitor_id)
}

/// The report of an order that counts, as far as money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sold {
    /// When.
    pub at: i64,
    /// How much, if it is known.
    pub amount: Option<Amount>,
    /// In which currency, if it is known.
    pub currency: Option<Currency>,
}

/// The report of a refund that counts, as far as money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    /// When.
    pub at: i64,
    /// The event.
    pub item_id: Uuid,
    /// Its visitor.
    pub visitor_id: Uuid,
    /// How much; null is all that is left.
    pub amount: Option<Amount>,
    /// In which currency; null is the order's.
    pub currency: Option<Currency>,
}

/// What a refund takes from its order; `None` where it takes nothing because there is nothing known to take from.
pub type Taken = Option<Amount>;

/// What each refund takes from its order, in the order of time, to which they are put.
pub fn settle(order: Option<&Sold>, refunds: &mut [Back]) -> Vec<Taken> {
    refunds.sort_by_key(|refund| (refund.at, refund.item_id, refund.visitor_id));
    let sold = order.and_then(|order| Some((order.amount?, order.currency)));
    let Some((mut left, currency)) = sold else {
        return vec![None; refunds.len()];
    };
    refunds
        .iter()
        .map(|refund| {
            let taken = match refund.amount {
                None => left,
                Some(amount) if refund.currency.is_none() || refund.currency == currency => {
                    amount.min(left)
                }
                Some(_) => return None,
            };
            left = left - taken;
            Some(taken)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(text: &str) -> Option<Amount> {
        Some(Amount::of_text(text).unwrap())
    }

    fn back(at: i64, amount: Option<&str>, currency: Option<&str>) -> Back {
        Back {
            at,
            item_id: Uuid::from_u128(at as u128),
            visitor_id: Uuid::nil(),
            amount: amount.and_then(euros),
            currency: currency.map(|code| code.parse().unwrap()),
        }
    }

    fn taken(order: Option<(&str, &str)>, refunds: &[Back]) -> Vec<Option<String>> {
        let order = order.map(|(amount, currency)| Sold {
            at: 0,
            amount: euros(amount),
            currency: currency.parse().ok(),
        });
        let mut refunds = refunds.to_vec();
        let taken = settle(order.as_ref(), &mut refunds);
        taken
            .into_iter()
            .map(|taken| taken.map(|amount| amount.to_string()))
            .collect()
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn refunds_take_what_is_left_and_no_more() {
        let order = Some(("50", "EUR"));
        let parts = [
            back(3, None, None),
            back(1, Some("20"), Some("EUR")),
            back(2, Some("5.5"), None),
        ];
        assert_eq!(taken(order, &parts), some(&["20", "5.5", "24.5"]));
        let twice = [back(1, None, None), back(2, None, None)];
        assert_eq!(taken(order, &twice), some(&["50", "0"]));
        let much = [back(1, Some("60"), None), back(2, Some("1"), None)];
        assert_eq!(taken(order, &much), some(&["50", "0"]));
    }

    #[test]
    fn nothing_is_taken_from_what_is_not_known() {
        let refunds = [back(1, Some("5"), Some("EUR")), back(2, None, None)];
        assert_eq!(taken(None, &refunds), [None, None]);
        let other = [back(1, Some("5"), Some("USD")), back(2, Some("5"), None)];
        assert_eq!(
            taken(Some(("50", "EUR")), &other),
            [None, Some("5".to_owned())]
        );
        assert_eq!(
            taken(Some(("50", "")), &refunds),
            [None, Some("50".to_owned())]
        );
    }
}
