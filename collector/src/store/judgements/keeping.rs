//! Keeping judgements: one transaction that first looks whether they are still of the latest.
//!
//! Of several collectors that judge the same person the one whose reading was older writes nothing: a browser has changed since,
//! or somebody has kept another judgement of one of these browsers, who may have known of one more. And what is as it should be is
//! not written again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Judgement, Judgements, LOCK, Seen, SeenRow, seen};
use crate::journey::{Identity, rules};
use crate::store::journeys::LIST;
use crate::store::kept_insights::Row;
use crate::store::rows::{Marks, Rows, Value, bind, pad, with_list};
use crate::store::{Kind, Store, StoreError, on};

static VISITORS: Rows = Rows::new(include_str!("../sql/judgements/upsert_visitors.sql"), 8);
static PERSONS: Rows = Rows::new(include_str!("../sql/judgements/upsert_persons.sql"), 7);
static INSIGHTS: Rows = Rows::new(include_str!("../sql/kept_insights/insert.sql"), 8);

/// The key of a kept insight: person, rule, version, beginning.
type InsightKey = (String, String, i64, i64);
/// The rest of it: end, kind, detail.
type InsightValue = (i64, String, String);
impl Store {
    /// Keeps judgements, unless one of these browsers has changed or was judged since they were made. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was kept then.
    pub async fn keep_judgements(
        &self,
        site_id: i64,
        made: &Judgements,
    ) -> Result<bool, StoreError> {
        let wanted = wanted(made)?;
        let ids = made.people.iter().flat_map(|one| &one.ids);
        let keys: BTreeSet<String> = ids.chain(made.asked.keys()).map(Identity::key).collect();
        let asked: BTreeMap<String, i64> = made
            .asked
            .iter()
            .filter_map(|(id, keeping)| Some((id.key(), (*keeping)?)))
            .collect();
        let asked_ids: Vec<String> = made.asked.keys().map(Identity::key).collect();
        let asked_values: Vec<Value<'_>> =
            asked_ids.iter().map(|key| key.as_str().into()).collect();
        let keeping = Uuid::now_v7().as_u64_pair().1.cast_signed();
        let own: BTreeSet<String> = made.people.iter().map(|one| one.person.key()).collect();
        let visitors: Vec<Value<'_>> = made.seen.keys().copied().map(Value::from).collect();
        let listed: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        let others: Vec<Value<'_>> = keys
            .difference(&own)
            .map(|key| key.as_str().into())
            .collect();
        let persons = person_rows(made);
        let person_values: Vec<Value<'_>> = persons
            .iter()
            .flat_map(|(person, stale_at, standing, staged)| -> [Value<'_>; 7] {
                [
                    site_id.into(),
                    person.as_str().into(),
                    made.judged_at.into(),
                    (*stale_at).into(),
                    (*standing).into(),
                    (*staged).into(),
                    keeping.into(),
                ]
            })
            .collect();
        let best = best(made);
        let visitor_values: Vec<Value<'_>> = made
            .seen
            .iter()
            .flat_map(|(visitor_id, (revision, _))| -> [Value<'_>; 8] {
                let (standing, staged) = best.get(visitor_id).copied().unwrap_or_default();
                [
                    site_id.into(),
                    (*visitor_id).into(),
                    (*revision).into(),
                    made.basis.into(),
                    made.judged_at.into(),
                    standing.into(),
                    staged.into(),
                    keeping.into(),
                ]
            })
            .collect();
        let kind = self.kind();
        let (marks, begin) = match kind {
            Kind::Sqlite => (Marks::Bare, "BEGIN IMMEDIATE"),
            Kind::Postgres => (Marks::Numbered, "BEGIN"),
        };
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin).await?;
            if kind == Kind::Postgres {
                sqlx::query(LOCK)
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let mut latest = Seen::new();
            for values in visitors.chunks(LIST) {
                let values = pad(values);
                let sql = with_list(
                    include_str!("../sql/judgements/revisions.sql"),
                    1,
                    values.len(),
                );
                let query = sqlx::query_as::<_, SeenRow>(AssertSqlSafe(sql)).bind(site_id);
                let rows = bind!(query, &values).fetch_all(&mut *transaction).await?;
                latest.extend(seen(rows));
            }
            let mut latest_asked: BTreeMap<String, i64> = BTreeMap::new();
            for values in asked_values.chunks(LIST) {
                let values = pad(values);
                let sql = with_list(
                    include_str!("../sql/judgements/keepings.sql"),
                    1,
                    values.len(),
                );
                let query = sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(sql)).bind(site_id);
                let rows = bind!(query, &values).fetch_all(&mut *transaction).await?;
                latest_asked.extend(rows);
            }
            if latest != made.seen || latest_asked != asked {
                transaction.rollback().await?;
                return Ok(false);
            }
            let mut kept: BTreeMap<InsightKey, InsightValue> = BTreeMap::new();
            for values in listed.chunks(LIST) {
                let values = pad(values);
                let sql = with_list(
                    include_str!("../sql/kept_insights/of_persons.sql"),
                    1,
                    values.len(),
                );
                let query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql)).bind(site_id);
                let rows = bind!(query, &values).fetch_all(&mut *transaction).await?;
                kept.extend(rows.into_iter().map(|row| {
                    let key = (row.person, row.rule, row.version, row.found_at);
                    (key, (row.ended_at, row.kind, row.detail))
                }));
            }
            let (gone, fresh) = difference(kept, &wanted, &own, made.judged_at);
            for (person, rule, version, found_at) in &gone {
                sqlx::query(include_str!("../sql/kept_insights/delete.sql"))
                    .bind(site_id)
                    .bind(person)
                    .bind(rule)
                    .bind(version)
                    .bind(found_at)
                    .execute(&mut *transaction)
                    .await?;
            }
            let fresh: Vec<Value<'_>> = fresh
                .iter()
                .flat_map(
                    |((person, rule, version, found_at), (ended_at, kind, detail))| {
                        [
                            Value::from(site_id),
                            person.as_str().into(),
                            rule.as_str().into(),
                            (*version).into(),
                            (*found_at).into(),
                            (*ended_at).into(),
                            kind.as_str().into(),
                            detail.as_str().into(),
                        ]
                    },
                )
                .collect();
            for (statement, values) in [
                (&INSIGHTS, &fresh),
                (&PERSONS, &person_values),
                (&VISITORS, &visitor_values),
            ] {
                for (sql, values) in statement.chunks(marks, values) {
                    bind!(sqlx::query(sql), values)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            for values in others.chunks(LIST) {
                let values = pad(values);
                let sql = with_list(
                    include_str!("../sql/judgements/delete_persons.sql"),
                    1,
                    values.len(),
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(site_id);
                bind!(query, &values).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok(true)
        })
    }
}

/// The rows that judgements want of insights.
fn wanted(made: &Judgements) -> Result<BTreeMap<InsightKey, InsightValue>, StoreError> {
    let mut wanted = BTreeMap::new();
    for judgement in &made.people {
        for spell in &judgement.spells {
            let insight = &spell.insight;
            let detail = serde_json::to_string(&insight.detail())
                .map_err(|error| StoreError::Internal(error.to_string()))?;
            let key = (
                judgement.person.key(),
                insight.rule.to_owned(),
                i64::from(insight.version),
                spell.found_at,
            );
            let kind = insight.kind.as_str().to_owned();
            wanted.insert(key, (spell.ended_at, kind, detail));
        }
    }
    Ok(wanted)
}

/// What has to go of the rows that are there, and what has to come. What a rule of another version found stays, and ends with
/// the moment in which this one takes its place.
fn difference(
    kept: BTreeMap<InsightKey, InsightValue>,
    wanted: &BTreeMap<InsightKey, InsightValue>,
    own: &BTreeSet<String>,
    now: i64,
) -> (Vec<InsightKey>, BTreeMap<InsightKey, InsightValue>) {
    let versions: HashMap<&str, i64> = rules().map(|(rule, v, _)| (rule, i64::from(v))).collect();
    let mut fresh = wanted.clone();
    let mut gone = Vec::new();
    for (key, value) in kept {
        let (person, rule, version, found_at) = &key;
        let is_replaced = versions.get(rule.as_str()) != Some(version);
        if is_replaced && own.contains(person) && *found_at < now {
            if value.0 <= now {
                continue;
            }
            fresh.insert(key.clone(), (now, value.1, value.2));
            gone.push(key);
        } else if fresh.get(&key) == Some(&value) {
            fresh.remove(&key);
        } else {
            gone.push(key);
        }
    }
    (gone, fresh)
}

/// Bits of a place by stage that are the score's.
const STANDING_BITS: u32 = 40;

/// Person, when it is stale, standing, and the same by stage first.
type PersonRow = (String, i64, Option<i64>, Option<i64>);

fn person_rows(made: &Judgements) -> Vec<PersonRow> {
    let mut rows: Vec<PersonRow> = made
        .people
        .iter()
        .map(|one| {
            let (standing, staged) = places(one);
            (one.person.key(), one.stale_at, standing, staged)
        })
        .collect();
    rows.sort();
    rows
}

/// A standing, and the same by stage first.
type Places = (Option<i64>, Option<i64>);

fn places(one: &Judgement) -> Places {
    let rank = (one.rank as i64) << STANDING_BITS;
    (one.standing, one.standing.map(|standing| rank + standing))
}

/// The places of the visitors of these people; of one whom several used, the highest of each.
fn best(made: &Judgements) -> HashMap<Uuid, Places> {
    let mut best: HashMap<Uuid, Places> = HashMap::new();
    for one in &made.people {
        let (standing, staged) = places(one);
        for id in &one.ids {
            if let Identity::Visitor(visitor_id) = id {
                let own = best.entry(*visitor_id).or_default();
                *own = (own.0.max(standing), own.1.max(staged));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(person: &str, rule: &str, version: i64, found_at: i64) -> InsightKey {
        (person.to_owned(), rule.to_owned(), version, found_at)
    }

    fn value(ended_at: i64) -> InsightValue {
        (ended_at, "risk".to_owned(), "{}".to_owned())
    }

    #[test]
    fn what_is_as_it_should_be_is_not_written() {
        let own = BTreeSet::from(["user:a".to_owned()]);
        let going = key("user:a", "going_quiet", 1, 5);
        let kept = BTreeMap::from([
            (going.clone(), value(9)),
            (key("user:a", "returned", 1, 5), value(9)),
            (key("visitor:b", "returned", 1, 5), value(9)),
            (key("user:a", "fading", 1, 5), value(9)),
        ]);
        let wanted = BTreeMap::from([
            (going, value(9)),
            (key("user:a", "fading", 1, 5), value(10)),
        ]);
        let (gone, fresh) = difference(kept, &wanted, &own, 7);
        assert_eq!(
            gone,
            [
                key("user:a", "fading", 1, 5),
                key("user:a", "returned", 1, 5),
                key("visitor:b", "returned", 1, 5),
            ]
        );
        assert_eq!(
            fresh,
            BTreeMap::from([(key("user:a", "fading", 1, 5), value(10))])
        );
    }

    #[test]
    fn a_rule_of_another_version_stays_and_ends() {
        let own = BTreeSet::from(["user:a".to_owned()]);
        let old = |found_at| key("user:a", "returned", 0, found_at);
        let kept = BTreeMap::from([(old(1), value(3)), (old(5), value(9)), (old(8), value(9))]);
        let (gone, fresh) = difference(kept, &BTreeMap::new(), &own, 7);
        assert_eq!(gone, [old(5), old(8)]);
        assert_eq!(fresh, BTreeMap::from([(old(5), value(7))]));
    }
}
