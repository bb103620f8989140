//! Erasures over erasures: browsers that several people used are erased in parts and as a whole, for good and for a time, some are
//! taken back, and things go for their age meanwhile. Whatever of it happens, what is kept is what the rows add up to, and nothing
//! but new items brings rows back that have gone.

use proptest::prelude::*;
use waymark_collector::columns::Columns;
use waymark_collector::store::Store;

use super::columns::{Doing, Piece};
use super::fold::hold;
use super::rollups::{roll, roll_past};
use super::told::anew;
use super::verify::verified;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(what_was_erased_for_good_does_not_come_back);

/// Of few people with few browsers, so that an erasure often finds what another one left.
fn piece() -> impl Strategy<Value = Piece> {
    let who = || prop_oneof![(0..3_u8).prop_map(Ok), (0..2_u64).prop_map(Err)];
    let items = proptest::collection::vec((prop_oneof![0..3_u8, Just(5), 7..9_u8], 0..3_u8), 1..5);
    let days = prop_oneof![Just(2_i64), Just(21), Just(35)];
    prop_oneof![
        8 => (0..2_u64, 0..2_u64, proptest::option::of(0..3_u8), days, items).prop_map(
            |(visitor, session, user, days, items)| Piece::Items { visitor, session, user, days, items },
        ),
        5 => (who(), any::<bool>(), prop_oneof![3 => Just(true), 2 => Just(false)])
            .prop_map(|(who, goes, back)| Piece::Erase(who, goes, back)),
        4 => Just(Piece::Restore),
        1 => Just(Piece::Finish),
        1 => prop_oneof![Just(10_i64), Just(30)].prop_map(Piece::Expire),
    ]
}

/// Rows that a site's visitors have: items, sessions and orders.
fn rows(columns: &Columns) -> [usize; 3] {
    let mut rows = [0; 3];
    for visitor in columns.visitors() {
        rows[0] += visitor.events().at.len();
        rows[1] += visitor.sessions().started_at.len();
        rows[2] += visitor.orders().at.len();
    }
    rows
}

async fn is_whole(store: &Store, site_id: i64) -> Result<(), TestCaseError> {
    let hours = store.verify_hours(site_id).await.unwrap();
    prop_assert_eq!(hours.different, 0, "{:?}", hours);
    verified(store, site_id).await
}

async fn what_was_erased_for_good_does_not_come_back(database: Database) {
    let pieces = proptest::collection::vec(piece(), 2..16);
    hold(database, 48, pieces, async |desk, second, pieces| {
        let mut doing = Doing::new(desk, second);
        let site_id = doing.site.id;
        roll_past(doing.store(), site_id, 24 * 30).await;
        let mut most = [0; 3];
        for (number, piece) in pieces.iter().enumerate() {
            doing.act(number, piece).await;
            let made = anew(doing.store(), site_id).await;
            let now = rows(&made);
            if !matches!(piece, Piece::Items { .. }) {
                prop_assert!(
                    now.iter().zip(most).all(|(now, before)| *now <= before),
                    "{:?} made {:?} of {:?}",
                    piece,
                    now,
                    most
                );
            }
            most = now;
            is_whole(doing.store(), site_id).await?;
            roll(doing.store(), site_id, |_| true).await;
        }
        Ok(())
    })
    .await;
}
