//! The demo site of a workspace: made and filled in one call, and removed in another.
//!
//! A site of its own, so that nothing made up is ever in a figure of what is not. It takes nothing in afterwards
//! ([`crate::http::directory`]), there is one in a workspace at most, and it is the only kind of site that can be removed. What is
//! in it is [`crate::ingest::import::demo`]'s; it goes the way of every import.

use std::time::Duration;

use serde_json::json;
use waymark_protocol::{ItemAnswer, Status};

use crate::clock;
use crate::ingest::import::Outside;
use crate::ingest::import::demo::{CURRENCY, Demo, NAME, ORIGIN};
use crate::ingest::{Ingest, IngestError, interactions};
use crate::journey::Fact;
use crate::site_rules::{self, Changes, SiteError};
use crate::store::audit::By;
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// Facts that are handed on together.
const FACTS: usize = 1_000;
/// Interactions that are.
const INTERACTIONS: usize = 200;
/// The pause where others fill the queue, and how often it is made.
const PAUSE: Duration = Duration::from_millis(200);
const TRIES: usize = 50;

/// Why there is no demo, or still one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("the workspace has a demo site already")]
    Exists,
    #[error("the site is no demo")]
    NotADemo,
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Something of the demo was not stored, which is a fault of the demo or of the database.
    #[error("an item of the demo was not stored: {0}")]
    Dropped(String),
}

/// Makes the demo site of a workspace and fills it. Where filling it fails, it is removed again.
///
/// # Errors
/// [`DemoError`].
pub(crate) async fn make(
    store: &Store,
    ingest: &Ingest,
    workspace: i64,
    time_zone: Option<&str>,
    actor: &str,
) -> Result<Site, DemoError> {
    let now = clock::now();
    let by = By { actor, now };
    let sites = store.sites().await?;
    if sites
        .iter()
        .any(|site| site.is_demo && site.workspace == workspace)
    {
        return Err(DemoError::Exists);
    }
    let mut new = site_rules::new_site(workspace, NAME, &[ORIGIN.to_owned()], time_zone, None)?;
    new.is_demo = true;
    let (site, _) = store.add_site(&new, by).await?;
    let changes = Changes {
        currency: Some(Some(CURRENCY.to_owned())),
        ..Changes::default()
    };
    let site = changes.apply(site)?;
    let filled = async {
        store.update_site(&site, by).await?;
        fill(store, ingest, &site, now).await
    };
    if let Err(error) = filled.await {
        // What failed is what there is to be told.
        if let Err(error) = store.remove_demo(&site, by).await {
            tracing::warn!(site = site.id, %error, "a demo that failed could not be removed");
        }
        return Err(error);
    }
    Ok(site)
}

/// Removes a demo site with everything of it.
///
/// # Errors
/// [`DemoError`].
pub(crate) async fn remove(store: &Store, site: &Site, actor: &str) -> Result<(), DemoError> {
    let now = clock::now();
    match store.remove_demo(site, By { actor, now }).await? {
        true => Ok(()),
        false => Err(DemoError::NotADemo),
    }
}

async fn fill(store: &Store, ingest: &Ingest, site: &Site, now: i64) -> Result<(), DemoError> {
    let demo = Demo::new(Outside {
        site: site.clone(),
        stages: store.stages(site.id),
        zone: site_zone(site),
        now,
    });
    let (mut facts, mut contacts) = (Vec::new(), Vec::new());
    for told in demo {
        facts.extend(told.facts);
        contacts.extend(told.interactions);
        if facts.len() >= FACTS {
            store_facts(ingest, site, std::mem::take(&mut facts)).await?;
        }
    }
    store_facts(ingest, site, facts).await?;
    for some in contacts.chunks(INTERACTIONS) {
        let body = json!({"interactions": some}).to_string();
        let batch = interactions::read(body.as_bytes()).map_err(IngestError::Refused)?;
        let lines = ingest.submit_interactions(site, &batch, now).await?;
        check(lines.iter().map(|line| &line.answer))?;
    }
    Ok(())
}

fn site_zone(site: &Site) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(&site.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// Stores facts; where the queue is full, those who send go first.
async fn store_facts(ingest: &Ingest, site: &Site, facts: Vec<Fact>) -> Result<(), DemoError> {
    for _ in 0..TRIES {
        match ingest.submit_facts(site, facts.clone()).await {
            Ok(lines) => return check(lines.iter()),
            Err(IngestError::Overloaded { .. }) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(IngestError::Overloaded { retry_after: PAUSE }.into())
}

fn check<'l>(lines: impl Iterator<Item = &'l ItemAnswer>) -> Result<(), DemoError> {
    for line in lines {
        match line.status {
            Status::Accepted | Status::Duplicate => {}
            Status::Dropped => return Err(DemoError::Dropped(format!("{:?}", line.reason))),
            Status::Retry => {
                let why = "the database does not answer".to_owned();
                return Err(StoreError::Unavailable(why).into());
            }
        }
    }
    Ok(())
}
