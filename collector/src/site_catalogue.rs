//! Changing a site's event catalogue, whoever does it: the API and the command line ask here.

use serde_json::Value;

use crate::catalogue::{Catalogue, Document, Mode, Unfit};
use crate::clock;
use crate::store::audit::By;
use crate::store::catalogues::Stored;
use crate::store::{Store, StoreError};

/// How often a change is tried when others come in between.
const TRIES: u32 = 5;
/// What an adopted event is described as, until somebody says more.
const ADOPTED: &str = "Adopted as it was seen; says nothing of its properties yet.";

/// Why a catalogue was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// The document is not one.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The mode does not go with the document.
    #[error("mode: {0}")]
    Mode(&'static str),
    /// No event can have this name.
    #[error("name: {0}")]
    Name(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is to change; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) mode: Option<Mode>,
    /// The inner one is absent for none.
    pub(crate) document: Option<Option<Value>>,
}

/// A site's catalogue as it is.
pub(crate) async fn current(store: &Store, site_id: i64) -> Result<Stored, StoreError> {
    Ok(store.catalogue(site_id).await?.unwrap_or(Stored {
        mode: Mode::Off,
        document: None,
        revision: 0,
        changed_at: 0,
    }))
}

/// Checks a document in all that can be wrong with it. Takes a moment.
pub(crate) fn check(value: Value) -> Result<Document, Unfit> {
    let document = Document::of(value)?;
    Catalogue::compile(&document, Mode::Flag)?;
    Ok(document)
}

/// Changes a site's catalogue.
///
/// # Errors
/// [`CatalogueError`]; nothing was changed then.
pub(crate) async fn change(
    store: &Store,
    site_id: i64,
    changes: Changes,
    actor: &str,
) -> Result<Stored, CatalogueError> {
    let document = match changes.document {
        Some(Some(value)) => {
            let checked = tokio::task::spawn_blocking(move || check(value)).await;
            let checked = checked.map_err(|error| StoreError::Internal(error.to_string()))?;
            Some(Some(checked?.to_text()))
        }
        Some(None) => Some(None),
        None => None,
    };
    save(store, site_id, actor, |stored| {
        let next = Stored {
            mode: changes.mode.unwrap_or(stored.mode),
            document: document.clone().unwrap_or(stored.document),
            ..stored
        };
        if next.mode == Mode::Reject && events(&next) == 0 {
            return Err(CatalogueError::Mode(
                "The catalogue has no events, so that every event would be rejected. Set a document first, or flag.",
            ));
        }
        Ok(Some(next))
    })
    .await
}

/// Adds an event of which every property is welcome, unless it is there already.
///
/// # Errors
/// [`CatalogueError`]; nothing was changed then.
pub(crate) async fn adopt(
    store: &Store,
    site_id: i64,
    name: &str,
    actor: &str,
) -> Result<Stored, CatalogueError> {
    let adopted = save(store, site_id, actor, |stored| {
        let document = match &stored.document {
            Some(text) => Document::read(text)?,
            None => Document::empty(),
        };
        let with = document
            .with_event(name, ADOPTED)
            .map_err(|unfit| CatalogueError::Name(unfit.message))?;
        Ok(with.map(|with| Stored {
            document: Some(with.to_text()),
            ..stored
        }))
    })
    .await?;
    store.forget_findings(site_id, Some(name)).await?;
    Ok(adopted)
}

/// How many events a catalogue has.
pub(crate) fn events(stored: &Stored) -> usize {
    let document = stored.document.as_deref().map(Document::read);
    document.map_or(0, |document| {
        document.map_or(0, |document| document.events())
    })
}

/// Stores what `next` makes of the catalogue as it is, again where somebody else was faster; nothing if that is nothing.
async fn save(
    store: &Store,
    site_id: i64,
    actor: &str,
    next: impl Fn(Stored) -> Result<Option<Stored>, CatalogueError>,
) -> Result<Stored, CatalogueError> {
    for _ in 0..TRIES {
        let stored = current(store, site_id).await?;
        let Some(next) = next(stored.clone())? else {
            return Ok(stored);
        };
        let set = store.set_catalogue(
            site_id,
            next.mode,
            next.document.as_deref(),
            stored.revision,
            By {
                actor,
                now: clock::now(),
            },
        );
        if set.await? {
            return Ok(current(store, site_id).await?);
        }
    }
    Err(StoreError::Conflict("the catalogue is being changed by others".to_owned()).into())
}
