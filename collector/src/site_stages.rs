//! Changing a site's milestones and stages, whoever does it: the API and the command line ask here.
//!
//! What a change would do to the journeys that there are is said beforehand by [`preview`], which reads and writes
//! nothing. Setting a definition holds at once; what it has to find in the past is found by [`crate::restating`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;
use crate::journey::{Definition, StagesDocument, friendly};
use crate::store::audit::By;
use crate::store::first_events::Compared;
use crate::store::stages::Version;
use crate::store::{Store, StoreError};

/// How often a change is tried when others come in between.
const TRIES: u32 = 5;
/// Visitors that are compared at a time.
const VISITORS: u32 = 1000;
/// Journeys that are named for each thing that would change.
const EXAMPLES: usize = 5;
/// Versions that are listed.
const VERSIONS: i64 = 100;

/// A site's milestones and stages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteStages {
    /// Counts the changes; 0 where the collector's own definition holds.
    pub(crate) version: i64,
    pub(crate) changed_at: Option<i64>,
    /// Who changed it last: an e-mail address, or what the command line was told.
    pub(crate) changed_by: Option<String>,
    pub(crate) document: StagesDocument,
    /// While the past is searched for events that reach a milestone since the last change.
    pub(crate) restating: Option<Restating>,
}

/// How far the search of the past has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Restating {
    /// Items that were looked at.
    pub(crate) items: i64,
}

/// A version of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StagesVersion {
    pub(crate) version: i64,
    pub(crate) changed_at: i64,
    pub(crate) changed_by: Option<String>,
    pub(crate) document: StagesDocument,
}

impl From<Version> for StagesVersion {
    fn from(version: Version) -> Self {
        Self {
            document: document(&version.document),
            version: version.version,
            changed_at: version.changed_at,
            changed_by: version.changed_by,
        }
    }
}

/// One that was checked when it was set; the collector's own where another version of the program set it.
fn document(text: &str) -> StagesDocument {
    let own = Definition::read(text);
    own.map_or_else(
        |_| Definition::standard().document().clone(),
        |definition| definition.document().clone(),
    )
}

/// The milestones and stages of a site as they are.
pub(crate) async fn current(store: &Store, site_id: i64) -> Result<SiteStages, StoreError> {
    let latest = store.stage_versions(site_id, 1).await?.pop();
    let restatements = store.restatements().await?;
    Ok(SiteStages {
        version: latest.as_ref().map_or(0, |latest| latest.version),
        changed_at: latest.as_ref().map(|latest| latest.changed_at),
        changed_by: latest.as_ref().and_then(|latest| latest.changed_by.clone()),
        document: latest.map_or_else(
            || Definition::standard().document().clone(),
            |latest| document(&latest.document),
        ),
        restating: restatements
            .iter()
            .find(|one| one.site_id == site_id)
            .map(|one| Restating { items: one.items }),
    })
}

/// The versions of a site's definition, the latest first.
pub(crate) async fn history(store: &Store, site_id: i64) -> Result<Vec<StagesVersion>, StoreError> {
    let versions = store.stage_versions(site_id, VERSIONS).await?;
    Ok(versions.into_iter().map(StagesVersion::from).collect())
}

/// Sets a definition, which holds from then on. `by` is who does it, as the versions tell it, and `actor` as the audit log does.
///
/// # Errors
/// [`StoreError`]; nothing was changed then.
pub(crate) async fn set(
    store: &Store,
    site_id: i64,
    definition: &Definition,
    actor: &str,
    by: Option<&str>,
) -> Result<SiteStages, StoreError> {
    for _ in 0..TRIES {
        let seen = current(store, site_id).await?.version;
        let now = clock::now();
        let set = store.set_stages(site_id, seen, definition, By { actor, now }, by);
        if set.await? {
            store.refresh_stages().await?;
            return current(store, site_id).await;
        }
    }
    Err(StoreError::Conflict(
        "the stages are being changed by others".to_owned(),
    ))
}

/// What a definition would change of the journeys that there are. Bots are left out, as they are of every figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StagesPreview {
    /// The version that it is compared with.
    pub(crate) version: i64,
    /// Journeys that were looked at.
    pub(crate) journeys: i64,
    /// Those whose stage would be another.
    pub(crate) moved: i64,
    /// From which stage to which, the most journeys first.
    pub(crate) moves: Vec<StageMove>,
    /// Journeys at each stage: the present ones in their order, then those that would be new.
    pub(crate) stages: Vec<StageCount>,
    /// Milestones of which anything would change, by name.
    pub(crate) milestones: Vec<MilestoneChange>,
}

/// Journeys whose stage would be another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageMove {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) journeys: i64,
    pub(crate) examples: Vec<ExampleJourney>,
}

/// Journeys at a stage, before and after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageCount {
    pub(crate) stage: String,
    pub(crate) before: i64,
    pub(crate) after: i64,
}

/// Journeys in which a milestone would appear, vanish, or have another time.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct MilestoneChange {
    pub(crate) name: String,
    pub(crate) appears: i64,
    pub(crate) vanishes: i64,
    pub(crate) shifts: i64,
    pub(crate) examples: Vec<ExampleJourney>,
}

/// A journey that would change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ExampleJourney {
    pub(crate) visitor_id: Uuid,
    /// The visitor's friendly name.
    pub(crate) name: String,
}

fn example(examples: &mut Vec<ExampleJourney>, visitor_id: Uuid) {
    if examples.len() < EXAMPLES {
        examples.push(ExampleJourney {
            visitor_id,
            name: friendly(visitor_id),
        });
    }
}

/// Compares the definition that holds with another one, journey by journey. Where that one names events of which no first
/// time is kept, every item of the site is looked at, which takes a while.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn preview(
    store: &Store,
    site_id: i64,
    after: &Definition,
) -> Result<StagesPreview, StoreError> {
    store.refresh_stages().await?;
    let version = current(store, site_id).await?.version;
    let before = store.stages(site_id);
    let pending = store.unsearched(site_id).await?;
    let kept = before.events();
    let unsearched: Vec<&str> = before
        .events()
        .union(&after.events())
        .copied()
        .filter(|name| !kept.contains(name) || pending.contains(*name))
        .collect();
    let mut difference = Difference::default();
    let mut last = Uuid::nil();
    loop {
        let compared = store.compared(site_id, last, VISITORS, &unsearched).await?;
        let Some(end) = compared.last() else {
            break;
        };
        last = end.visitor_id;
        for one in compared.iter().filter(|one| !one.is_bot) {
            difference.add(&before, after, one);
        }
    }
    Ok(difference.told(version, &before, after))
}

/// What two definitions say differently of the journeys so far.
#[derive(Default)]
struct Difference {
    journeys: i64,
    /// By the keys of the stages before and after.
    moves: BTreeMap<(String, String), (i64, Vec<ExampleJourney>)>,
    milestones: BTreeMap<String, MilestoneChange>,
}

impl Difference {
    fn add(&mut self, before: &Definition, after: &Definition, one: &Compared) {
        self.journeys += 1;
        let from = before.key(one.firsts.rank(before)).to_owned();
        let to = after.key(one.firsts.rank(after)).to_owned();
        let (count, examples) = self.moves.entry((from, to)).or_default();
        *count += 1;
        example(examples, one.visitor_id);

        let (was, is) = (one.firsts.reached(before), one.firsts.reached(after));
        let names: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
        for name in names {
            let (was, is) = (was.get(name), is.get(name));
            if was == is {
                continue;
            }
            let change = self.milestones.entry(name.to_owned()).or_default();
            match (was, is) {
                (None, _) => change.appears += 1,
                (_, None) => change.vanishes += 1,
                _ => change.shifts += 1,
            }
            example(&mut change.examples, one.visitor_id);
        }
    }

    fn told(self, version: i64, before: &Definition, after: &Definition) -> StagesPreview {
        let mut stages: Vec<StageCount> = Vec::new();
        for stage in before.stages().iter().chain(after.stages()) {
            if stages.iter().all(|known| known.stage != stage.key) {
                stages.push(StageCount {
                    stage: stage.key.clone(),
                    before: 0,
                    after: 0,
                });
            }
        }
        let mut moves = Vec::new();
        for ((from, to), (journeys, examples)) in self.moves {
            for count in &mut stages {
                count.before += if count.stage == from { journeys } else { 0 };
                count.after += if count.stage == to { journeys } else { 0 };
            }
            if from != to {
                moves.push(StageMove {
                    from,
                    to,
                    journeys,
                    examples,
                });
            }
        }
        moves.sort_by_key(|one| std::cmp::Reverse(one.journeys));
        let milestones = self.milestones.into_iter();
        StagesPreview {
            version,
            journeys: self.journeys,
            moved: moves.iter().map(|one| one.journeys).sum(),
            moves,
            stages,
            milestones: milestones
                .map(|(name, change)| MilestoneChange { name, ..change })
                .collect(),
        }
    }
}
