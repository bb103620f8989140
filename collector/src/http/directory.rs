//! The sites and server keys as the way in sees them: by key, from memory. With the sites, their event catalogues are
//! looked after.
//!
//! What is kept is at most two seconds old, so that a change made by another process soon counts here. A key
//! that is not among what is kept is looked up before it is refused, so that a new site works at once; lookups
//! that come together share one query, so that a flood of wrong keys does not become a flood of queries.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::origin::OriginPattern;
use crate::ingest::Catalogues;
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

const FRESH: Duration = Duration::from_secs(2);
/// How long an answer waits for the database before it goes by what is kept.
const PATIENCE: Duration = Duration::from_secs(1);

/// A site and its origin patterns, ready to match.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The site.
    pub(crate) site: Arc<Site>,
    /// Its patterns; none means any origin.
    pub(crate) patterns: Vec<OriginPattern>,
}

#[derive(Debug, Default)]
struct Snapshot {
    /// When its query began; nothing if there was none yet.
    as_of: Option<Instant>,
    by_key: HashMap<String, Arc<Listed>>,
    /// The site of each server key, by the secret's digest.
    server_keys: HashMap<Vec<u8>, i64>,
}

/// The sites of late.
pub(crate) struct Directory {
    store: Store,
    catalogues: Arc<Catalogues>,
    current: RwLock<Arc<Snapshot>>,
    loading: tokio::sync::Mutex<()>,
}

impl Directory {
    pub(crate) fn new(store: Store, catalogues: Arc<Catalogues>) -> Self {
        Self {
            store,
            catalogues,
            current: RwLock::default(),
            loading: tokio::sync::Mutex::default(),
        }
    }

    /// The site with this write key. While the database does not answer, what was known last still holds.
    ///
    /// # Errors
    /// [`StoreError`] when the key is not known and the database does not answer.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Arc<Listed>>, StoreError> {
        self.look_up(|snapshot| snapshot.by_key.get(key).cloned())
            .await
    }

    /// The id of the site for which the server key with this digest sends. As with write keys.
    ///
    /// # Errors
    /// [`StoreError`] when the key is not known and the database does not answer.
    pub(crate) async fn server_key(&self, digest: &[u8]) -> Result<Option<i64>, StoreError> {
        self.look_up(|snapshot| snapshot.server_keys.get(digest).copied())
            .await
    }

    /// The site for which the server key with this digest sends. As with write keys.
    ///
    /// # Errors
    /// [`StoreError`] when the key is not known and the database does not answer.
    pub(crate) async fn of_server_key(
        &self,
        digest: &[u8],
    ) -> Result<Option<Arc<Listed>>, StoreError> {
        self.look_up(|snapshot| {
            let id = snapshot.server_keys.get(digest)?;
            let mut sites = snapshot.by_key.values();
            sites.find(|listed| listed.site.id == *id).cloned()
        })
        .await
    }

    async fn look_up<T>(
        &self,
        get: impl Fn(&Snapshot) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let now = Instant::now();
        let current = self.current();
        let known = get(&current);
        let fresh = current
            .as_of
            .is_some_and(|as_of| now.duration_since(as_of) < FRESH);
        if fresh && known.is_some() {
            return Ok(known);
        }
        match self.load_soon(now).await {
            Ok(loaded) => Ok(get(&loaded)),
            Err(_) if known.is_some() => Ok(known),
            Err(error) => Err(error),
        }
    }

    /// Whether any site lists this origin by name. Says no while the database does not answer.
    pub(crate) async fn lists(&self, origin: &str) -> bool {
        let now = Instant::now();
        let current = self.current();
        let snapshot = match current.as_of {
            Some(as_of) if now.duration_since(as_of) < FRESH => current,
            _ => self.load_soon(now).await.unwrap_or(current),
        };
        snapshot
            .by_key
            .values()
            .any(|listed| super::origin::is_listed(&listed.patterns, origin))
    }

    fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the database says at `since` or later, if it says so soon.
    async fn load_soon(&self, since: Instant) -> Result<Arc<Snapshot>, StoreError> {
        tokio::time::timeout(PATIENCE, self.load(since))
            .await
            .unwrap_or_else(|_| {
                Err(StoreError::Unavailable(
                    "the sites are not read in time".into(),
                ))
            })
    }

    /// What the database says at `since` or later.
    async fn load(&self, since: Instant) -> Result<Arc<Snapshot>, StoreError> {
        let _turn = self.loading.lock().await;
        let current = self.current();
        if current.as_of.is_some_and(|as_of| as_of >= since) {
            return Ok(current);
        }
        let as_of = Instant::now();
        self.catalogues.refresh().await?;
        let mut by_key = HashMap::new();
        let sites = self.store.sites().await?.into_iter();
        // What is made up is never mixed with what is not: a demo site takes nothing in.
        for site in sites.filter(|site| !site.is_demo) {
            let patterns = site
                .origins
                .iter()
                .map(|text| OriginPattern::parse(text))
                .collect::<Result<_, _>>()
                .map_err(|e| {
                    StoreError::Internal(format!("sites.origins of site {}: {e}", site.id))
                })?;
            let key = site.key.clone();
            let site = Arc::new(site);
            by_key.insert(key, Arc::new(Listed { site, patterns }));
        }
        let snapshot = Arc::new(Snapshot {
            as_of: Some(as_of),
            by_key,
            server_keys: self.store.server_keys().await?.into_iter().collect(),
        });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }
}
