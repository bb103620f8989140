//! What a set of facts says of orders and refunds: of each the report that counts. Facts without any cost a look.

use super::{Fact, Ordered, Value};
use crate::journey::{Rank, Transaction, TransactionKind, rank};

/// Columns of a row of orders.
pub(super) const ORDER_COLUMNS: usize = 10;
/// Columns of a row of refunds.
pub(super) const REFUND_COLUMNS: usize = 8;

/// A report and where it stands.
type Report<'f> = (Rank, &'f Fact, &'f Transaction);

/// The rows that a set of facts touches.
#[derive(Default)]
pub(super) struct Transactions<'f> {
    orders: Ordered<(i64, &'f str), Report<'f>>,
    refunds: Ordered<(i64, &'f str, &'f str), Report<'f>>,
}

impl<'f> Transactions<'f> {
    pub(super) fn of(facts: impl Iterator<Item = &'f Fact>) -> Self {
        let mut all = Self::default();
        for fact in facts {
            if let Some(transaction) = fact.transaction.as_deref() {
                all.add(fact, transaction);
            }
        }
        all
    }

    fn add(&mut self, fact: &'f Fact, told: &'f Transaction) {
        let site_id = fact.arrival.site_id;
        let rank = rank(told.amount, fact.at, fact.id, fact.arrival.visitor_id);
        let report = (rank, fact, told);
        let kept = match &told.kind {
            TransactionKind::Order => self
                .orders
                .entry((site_id, &told.order_key))
                .or_insert(report),
            TransactionKind::Refund { key } => self
                .refunds
                .entry((site_id, &told.order_key, key))
                .or_insert(report),
        };
        if rank < kept.0 {
            *kept = report;
        }
    }

    /// Rows for `sql/orders/upsert.sql`, in the order of their key.
    pub(super) fn order_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.orders.len() * ORDER_COLUMNS);
        for ((site_id, key), (_, fact, told)) in &self.orders {
            rows.extend::<[Value<'_>; ORDER_COLUMNS]>([
                (*site_id).into(),
                (*key).into(),
                (&told.order_id).into(),
                fact.at.into(),
                fact.id.into(),
                fact.arrival.visitor_id.into(),
                fact.arrival.session_id.into(),
                fact.name.as_deref().unwrap_or_default().into(),
                told.amount.map(|amount| amount.millionths()).into(),
                told.currency.map(|currency| currency.code()).into(),
            ]);
        }
        rows
    }

    /// Rows for `sql/refunds/upsert.sql`, in the order of their key.
    pub(super) fn refund_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.refunds.len() * REFUND_COLUMNS);
        for ((site_id, order, key), (_, fact, told)) in &self.refunds {
            rows.extend::<[Value<'_>; REFUND_COLUMNS]>([
                (*site_id).into(),
                (*order).into(),
                (*key).into(),
                fact.at.into(),
                fact.id.into(),
                fact.arrival.visitor_id.into(),
                told.amount.map(|amount| amount.millionths()).into(),
                told.currency.map(|currency| currency.code()).into(),
            ]);
        }
        rows
    }
}
