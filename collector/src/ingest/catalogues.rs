//! The sites' event catalogues as the way in asks them: compiled, from memory.
//!
//! Only catalogues that are on are here, so that a site without one costs a look into a small map. What changed is
//! noticed when [`Catalogues::refresh`] is called, which those do who read the sites again. A document is read and
//! compiled once for each of its revisions.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::catalogue::{Catalogue, Document};
use crate::store::catalogues::Active;
use crate::store::{Store, StoreError};

/// The catalogues of late.
#[derive(Debug)]
pub struct Catalogues {
    store: Store,
    current: ArcSwap<HashMap<i64, Kept>>,
    loading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Kept {
    revision: i64,
    /// Nothing for one that cannot be compiled, which is as if it were off.
    catalogue: Option<Arc<Catalogue>>,
}

impl Catalogues {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            current: ArcSwap::default(),
            loading: tokio::sync::Mutex::default(),
        }
    }

    /// The catalogue that a site's events are held against, if there is one.
    pub(super) fn of(&self, site_id: i64) -> Option<Arc<Catalogue>> {
        self.current.load().get(&site_id)?.catalogue.clone()
    }

    /// Learns what the database says now.
    ///
    /// # Errors
    /// [`StoreError`]; what was known before still holds.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _turn = self.loading.lock().await;
        let active = self.store.active_catalogues().await?;
        let known = self.current.load_full();
        let is_known = |site: &Active| {
            known
                .get(&site.site_id)
                .is_some_and(|kept| kept.revision == site.revision)
        };
        if active.len() == known.len() && active.iter().all(is_known) {
            return Ok(());
        }
        let mut current = HashMap::new();
        for site in active {
            let kept = match known.get(&site.site_id) {
                Some(kept) if kept.revision == site.revision => kept.clone(),
                _ => match self.compile(site.site_id).await? {
                    Some(kept) => kept,
                    // Switched off meanwhile.
                    None => continue,
                },
            };
            current.insert(site.site_id, kept);
        }
        self.current.store(Arc::new(current));
        Ok(())
    }

    async fn compile(&self, site_id: i64) -> Result<Option<Kept>, StoreError> {
        let Some(stored) = self.store.catalogue(site_id).await? else {
            return Ok(None);
        };
        let text = stored.document;
        let mode = stored.mode;
        let compile = tokio::task::spawn_blocking(move || {
            let document =
                text.map_or_else(|| Ok(Document::empty()), |text| Document::read(&text))?;
            Catalogue::compile(&document, mode)
        });
        let catalogue = match compile.await {
            Ok(Ok(catalogue)) => Some(Arc::new(catalogue)),
            // Checked when it was set, so this is one that another version of the program set.
            Ok(Err(unfit)) => {
                tracing::warn!(site_id, %unfit, "the event catalogue cannot be read and is as if it were off");
                None
            }
            Err(error) => return Err(StoreError::Internal(error.to_string())),
        };
        Ok(Some(Kept {
            revision: stored.revision,
            catalogue,
        }))
    }
}
