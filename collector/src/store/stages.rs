//! The sites' definitions of stages: kept in versions, and known in memory.
//!
//! Everybody who reads asks what is known here, which is learnt anew when [`Store::refresh_stages`] is called. A
//! transaction that stores items reads the highest generation and goes by no definition that is older than that
//! ([`super::commit`]). What a new definition has to find in the past is [`super::first_events`]'s.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use sqlx::{Connection, FromRow};
use uuid::Uuid;

use super::audit::{By, Change, note};
use super::commit::Committed;
use super::erased::Erased;
use super::retention::{Floors, LIMIT};
use super::wall::Access;
use super::{Database, Store, StoreError, on};
use crate::journey::{Definition, Fact, Interaction};

/// Stands in the place of a version where a row is an erased id.
const ERASED: i64 = 0;
/// Versions of a site that are listed.
const LISTED: i64 = 100;

/// The definitions of late.
#[derive(Debug, Default)]
pub(super) struct Stages {
    known: ArcSwap<Known>,
    loading: tokio::sync::Mutex<()>,
}

/// A site's own definition.
#[derive(Debug, Clone)]
struct Own {
    generation: i64,
    definition: Arc<Definition>,
}

/// Definitions of one moment.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// The highest there was.
    pub(super) generation: i64,
    sites: HashMap<i64, Own>,
    /// Whether any of them has events.
    has_events: bool,
    /// Ids that were erased, by site.
    erased: HashMap<i64, Erased>,
    /// From when on things are kept, by site.
    floors: HashMap<i64, Floors>,
}

impl Known {
    /// Whether there may be an item that is not stored: somebody was erased, or something is gone for its age.
    pub(super) fn may_drop(&self) -> bool {
        !self.erased.is_empty() || !self.floors.is_empty()
    }

    /// Why an item is not stored: whose it is was erased, or it is older than what is kept.
    pub(super) fn drops(&self, fact: &Fact) -> Option<Committed> {
        let site_id = fact.arrival.site_id;
        let erased = self.erased.get(&site_id);
        if erased.is_some_and(|erased| erased.has_fact(fact)) {
            return Some(Committed::Erased);
        }
        let floors = self.floors.get(&site_id);
        let has_passed = floors.is_some_and(|floors| floors.has_passed(fact));
        has_passed.then_some(Committed::Expired)
    }

    /// The same of an interaction.
    pub(super) fn drops_interaction(&self, one: &Interaction) -> Option<Committed> {
        let erased = self.erased.get(&one.site_id);
        if erased.is_some_and(|erased| erased.has_interaction(one)) {
            return Some(Committed::Erased);
        }
        let floors = self.floors.get(&one.site_id);
        let has_passed = floors.is_some_and(|floors| floors.has_passed_interaction(one));
        has_passed.then_some(Committed::Expired)
    }

    /// Whether the first time of an event of this name is kept.
    pub(super) fn keeps_first(&self, site_id: i64, name: &str) -> bool {
        self.has_events
            && self
                .sites
                .get(&site_id)
                .is_some_and(|own| own.definition.reached_by_event(name).is_some())
    }

    /// The milestone that an event of this name reaches.
    pub(super) fn reached_by_event(&self, site_id: i64, name: &str) -> Option<&str> {
        let own = self.sites.get(&site_id)?;
        let reached = own.definition.reached_by_event(name)?;
        Some(reached.milestone)
    }
}

/// One version of a site's definition.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Version {
    /// Counts the site's, from 1.
    pub version: i64,
    /// The document's text.
    pub document: String,
    /// When it was set.
    pub changed_at: i64,
    /// Who set it, where that is known.
    pub changed_by: Option<String>,
}

/// A site whose past is being searched for events that reach a milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restatement {
    /// The site.
    pub site_id: i64,
    /// The version that asked for it.
    pub version: i64,
    /// The events' names.
    pub names: Vec<String>,
    /// The last item that was looked at: its visitor, itself.
    pub after: (Uuid, Uuid),
    /// How many items were.
    pub items: i64,
}

#[derive(FromRow)]
struct Row {
    site_id: i64,
    version: i64,
    names: String,
    after_visitor: Uuid,
    after_item: Uuid,
    items: i64,
}

impl Store {
    /// The definition that holds for a site, as it was known last.
    pub fn stages(&self, site_id: i64) -> Arc<Definition> {
        let known = self.stages_known();
        let own = known.sites.get(&site_id);
        own.map_or_else(Definition::standard, |own| Arc::clone(&own.definition))
    }

    pub(super) fn stages_known(&self) -> Arc<Known> {
        self.0.stages.known.load_full()
    }

    /// The generation that is known, and the sites that have changed since `generation`.
    pub(crate) fn stages_since(&self, generation: i64) -> (i64, Vec<i64>) {
        let known = self.stages_known();
        let newer = known.sites.iter();
        let newer = newer.filter(|(_, own)| own.generation > generation);
        (
            known.generation,
            newer.map(|(site_id, _)| *site_id).collect(),
        )
    }

    /// Learns what the database says now.
    ///
    /// # Errors
    /// [`StoreError`]; what was known before still holds.
    pub async fn refresh_stages(&self) -> Result<(), StoreError> {
        let _turn = self.0.stages.loading.lock().await;
        let known = self.stages_known();
        let newer: Vec<(i64, i64, i64, String)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/stages/newer.sql"))
                .bind(known.generation)
                .fetch_all(pool)
                .await
        })?;
        if newer.is_empty() {
            return Ok(());
        }
        let mut next = Known::clone(&known);
        for (site_id, version, generation, document) in newer {
            next.generation = generation;
            if version == LIMIT {
                next.floors.entry(site_id).or_default().learn(&document);
                continue;
            }
            if version == ERASED {
                let own = match next.erased.entry(site_id) {
                    Entry::Occupied(own) => own.into_mut(),
                    Entry::Vacant(place) => {
                        let key = self.privacy_key(site_id).await?.ok_or_else(|| {
                            StoreError::Internal("privacy_keys: no key of erased ids".to_owned())
                        })?;
                        place.insert(Erased::new(key))
                    }
                };
                own.add(document);
                continue;
            }
            let definition = Definition::read(&document).map_or_else(
                |unfit| {
                    // Checked when it was set, so this is one that another version of the program set.
                    tracing::warn!(site_id, version, %unfit, "a definition of stages cannot be read, and the collector's own holds");
                    Definition::standard()
                },
                Arc::new,
            );
            let own = Own {
                generation,
                definition,
            };
            next.sites.insert(site_id, own);
        }
        next.has_events = next.sites.values().any(|own| own.definition.has_events());
        self.0.stages.known.store(Arc::new(next));
        Ok(())
    }

    /// The versions of a site's definition, the latest first, at most `most` and 100.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn stage_versions(
        &self,
        site_id: i64,
        most: i64,
    ) -> Result<Vec<Version>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/stages/list.sql"))
                .bind(site_id)
                .bind(most.min(LISTED))
                .fetch_all(pool)
                .await
        })?)
    }

    /// Sets a site's definition, if nobody has since `seen`, the version that the caller knows, and notes the events
    /// that have to be searched for in the past; `told` is who they say they are. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn set_stages(
        &self,
        site_id: i64,
        seen: i64,
        definition: &Definition,
        by: By<'_>,
        told: Option<&str>,
    ) -> Result<bool, StoreError> {
        let latest = self.stage_versions(site_id, 1).await?.pop();
        if latest.as_ref().map_or(0, |latest| latest.version) != seen {
            return Ok(false);
        }
        let before = latest.and_then(|latest| Definition::read(&latest.document).ok());
        let unsearched = self.unsearched(site_id).await?;
        let wanted = definition.events();
        let known: BTreeSet<&str> = before.as_ref().map(|d| d.events()).unwrap_or_default();
        let names: Vec<&str> = wanted
            .into_iter()
            .filter(|name| !known.contains(name) || unsearched.contains(*name))
            .collect();
        let to_text = |error: serde_json::Error| StoreError::Internal(error.to_string());
        let document = serde_json::to_string(definition.document()).map_err(to_text)?;
        let listed = serde_json::to_string(&names).map_err(to_text)?;
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let inserted = sqlx::query(include_str!("sql/stages/insert.sql"))
                .bind(site_id)
                .bind(seen + 1)
                .bind(&document)
                .bind(by.now)
                .bind(told)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if inserted == 0 {
                return Ok(false);
            }
            note!(
                transaction,
                Change {
                    site_id,
                    at: by.now,
                    actor: by.actor,
                    action: "stages.set",
                    subject: format!("site:{site_id}"),
                    detail: serde_json::json!({"version": seen + 1}),
                }
            );
            if names.is_empty() {
                sqlx::query(include_str!("sql/stages/restate_nothing.sql"))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            } else {
                sqlx::query(include_str!("sql/stages/restate.sql"))
                    .bind(site_id)
                    .bind(seen + 1)
                    .bind(&listed)
                    .bind(Uuid::nil())
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The events of a site whose first times are not all known yet.
    pub(crate) async fn unsearched(&self, site_id: i64) -> Result<BTreeSet<String>, StoreError> {
        let all = self.restatements().await?;
        let own = all.into_iter().filter(|one| one.site_id == site_id);
        Ok(own.flat_map(|one| one.names).collect())
    }

    /// The sites whose past is still being searched.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn restatements(&self) -> Result<Vec<Restatement>, StoreError> {
        let rows: Vec<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/stages/restatements.sql"))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(Restatement {
                    site_id: row.site_id,
                    version: row.version,
                    names: serde_json::from_str(&row.names).map_err(|error| {
                        StoreError::Internal(format!("stage_restatements.names: {error}"))
                    })?,
                    after: (row.after_visitor, row.after_item),
                    items: row.items,
                })
            })
            .collect()
    }

    /// Whether a transaction may still be open that has taken definitions from before `since`, by the database's clock
    /// as it was when this was asked first. Items of such a one may be found by nobody who does not wait for it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn older_writers(&self, since: &mut Option<String>) -> Result<bool, StoreError> {
        match self.database() {
            // One writes at a time, and it reads the generation once it does.
            Database::Sqlite { .. } => Ok(false),
            Database::Postgres { read, .. } => {
                let mut reader = read.of(Access::EverySite).await?;
                let mut transaction = reader.begin().await?;
                // What others are about is shown to whoever signed in, and to no role that was put on.
                sqlx::raw_sql("SET LOCAL ROLE NONE")
                    .execute(&mut *transaction)
                    .await?;
                let (count, asked): (i64, String) =
                    sqlx::query_as(include_str!("sql/stages/older_writers.postgres.sql"))
                        .bind(since.as_deref())
                        .fetch_one(&mut *transaction)
                        .await?;
                transaction.rollback().await?;
                *since = Some(asked);
                Ok(count > 0)
            }
        }
    }
}
